/** What a peer answers. A body that is text is sent as it is; anything else as JSON; none at all as an empty body. */
export type Answer = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Given before the work began: a Service that keeps Idempotency-Keys stores nothing. */
  readonly beforeWork?: boolean;
};

export const ok = (body: unknown): Answer => ({ status: 200, body });

/** Thrown inside a handler to answer at once. */
export class Refusal extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`answers ${answer.status}`);
    this.answer = answer;
  }
}
