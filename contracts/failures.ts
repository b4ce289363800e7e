// Free of zod and of Node, as the error table is.

/**
 * What a failed call means for the flow: `retry` it by itself; `terminal`: a business end, the flow undoes and ends;
 * `park`: a person or time must help, once money may have moved.
 */
export type Consequence = 'retry' | 'terminal' | 'park';

/** What the host knows of the write behind a failure: never begun, refused for certain, or in doubt. */
export type EffectAfterFailure = 'none' | 'failed' | 'unknown';

/** Travels as the first detail of every failure that the host throws; the engine decides by it. */
export interface FailureDetail {
  readonly consequence: Consequence;
  readonly effect: EffectAfterFailure;
  readonly service: string;
}

/** A business end that no retry can change. The flow undoes what it did and ends, unless it catches the error. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A passing trouble. It is tried again: after `afterMs` where the Service says when, else with back-off. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  readonly code: string;
  readonly afterMs: number | undefined;
  constructor(
    code: string,
    message: string,
    options?: ErrorOptions & { readonly afterMs?: number | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.afterMs = options?.afterMs;
  }
}

/** Neither a business end nor a passing trouble: no retry will help, a person must look. The flow parks once money may have moved. */
export class ParkError extends Error {
  override readonly name = 'ParkError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
