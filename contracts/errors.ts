// Free of zod and of Node: the workflow bundle uses these values.

// One table, on purpose: a second file would be a second place to look.
/* oxlint-disable max-lines */
import type { Consequence } from './failures.ts';

interface ErrorEntry {
  /** HTTP status where it reaches a caller. */
  readonly status: number;
  readonly consequence: Consequence;
  readonly means: string;
  readonly remedy: string;
}

// Four columns of a table: names for each of them would hide it.
// oxlint-disable-next-line max-params
const entry = (status: number, consequence: Consequence, means: string, remedy: string): ErrorEntry => ({
  status,
  consequence,
  means,
  remedy,
});

/** Every code that we give, in one place: the API's problems, the host's failures, and what to do about each. */
export const ERRORS = {
  'request.malformed': entry(400, 'terminal', 'The body is not JSON.', 'Send a JSON object.'),
  'request.invalid': entry(
    422,
    'terminal',
    'The body does not have the promised shape.',
    'Mend the fields that `errors` points to.',
  ),
  'request.too-large': entry(
    413,
    'terminal',
    'The body is too large.',
    'Send at most the size that the detail names.',
  ),
  'request.wrong-content-type': entry(
    415,
    'terminal',
    'The body is of a type that is not read here.',
    'Send `Content-Type: application/json`.',
  ),
  'request.key-missing': entry(
    400,
    'terminal',
    'The header Idempotency-Key is missing or malformed.',
    'Send one Idempotency-Key of 1 to 255 printable characters, a new one per purchase.',
  ),
  'request.key-reused': entry(
    422,
    'terminal',
    'This Idempotency-Key was used with another body.',
    'Use a new key for a new request, and the same body for a retry.',
  ),
  'request.in-progress': entry(
    409,
    'retry',
    'The first request with this key is still being worked on.',
    'Ask again after the time in Retry-After.',
  ),
  'auth.missing': entry(
    401,
    'terminal',
    'No usable token came with the request.',
    'Send `Authorization: Bearer <token>`.',
  ),
  'auth.forbidden': entry(
    403,
    'terminal',
    'Your role may not do this.',
    'Ask with a token of a role that may.',
  ),
  'route.unknown': entry(404, 'terminal', 'There is no such path.', 'See the list of paths in the README.'),
  'route.wrong-method': entry(
    405,
    'terminal',
    'This path does not take that method.',
    'Use a method from the header Allow.',
  ),
  'flow.unknown-type': entry(
    404,
    'terminal',
    'There is no flow of this type.',
    'Use one of the types that the detail names.',
  ),
  'flow.not-found': entry(
    404,
    'terminal',
    'There is no such flow, or it is not yours.',
    'Check the id that the start answered.',
  ),
  'flow.unknown-message': entry(
    404,
    'terminal',
    'This flow does not take a message of this name.',
    'Send one of the messages that the detail names.',
  ),
  'flow.ended': entry(
    409,
    'terminal',
    'The flow has ended and takes no more messages.',
    'Read the flow for its outcome.',
  ),
  'purchase.already-running': entry(
    409,
    'terminal',
    'Another purchase of this learner for this course is under way.',
    'Go on with the purchase that Location names.',
  ),
  'incoming.unknown': entry(
    404,
    'terminal',
    'Nobody receives this resource.',
    'Check the path against the wiring.',
  ),
  'incoming.forged': entry(
    400,
    'terminal',
    'The signature does not fit the body.',
    'Sign the raw body with a secret that is configured here.',
  ),
  'incoming.unreadable': entry(
    400,
    'terminal',
    'The signed body could not be read.',
    "Compare the sender's API version with the plugin's README.",
  ),
  'journal.unavailable': entry(
    503,
    'retry',
    'The journal (MySQL) does not answer.',
    'Try again; nothing was accepted.',
  ),
  'temporal.unavailable': entry(503, 'retry', 'Temporal does not answer.', 'Try again in a moment.'),
  internal: entry(
    500,
    'retry',
    'Something failed that should not.',
    'Try again; quote the request id if it stays.',
  ),

  'effect.busy': entry(
    409,
    'retry',
    'Another worker is doing this very effect.',
    'Nothing: it is tried again when its lease ends.',
  ),
  'effect.in-doubt': entry(
    409,
    'park',
    'Nobody can tell whether the effect happened.',
    'Look at the Service, then steer the flow.',
  ),
  'effect.undecided': entry(
    409,
    'retry',
    'The look-up has no answer yet.',
    'Nothing: it is looked at again.',
  ),
  'effect.input-changed': entry(
    409,
    'park',
    'The same effect was asked for with other ids or money.',
    'Compare both inputs; the first one counts.',
  ),
  'effect.reversed': entry(
    409,
    'terminal',
    'The effect was undone and is not done again.',
    'Start a new purchase.',
  ),
  'effect.fenced': entry(
    409,
    'terminal',
    'It was decided that this effect never happens.',
    'Start a new purchase.',
  ),
  'effect.lease-lost': entry(
    409,
    'retry',
    'The answer came after the lease had ended; it is kept beside the row.',
    'Nothing: the effect is looked up.',
  ),
  'effect.too-late-to-send': entry(
    409,
    'retry',
    'The lease would end before the Service could answer.',
    'Nothing: it is tried again.',
  ),
  'grant.no-right': entry(
    409,
    'park',
    'The line is neither paid for nor free.',
    'Compare captured and due facts of the order.',
  ),
  'grant.refund-under-way': entry(
    409,
    'retry',
    'A refund of this line is under way.',
    'Nothing: the grant waits for its outcome.',
  ),
  'refund.grant-under-way': entry(
    409,
    'retry',
    'A grant of this line is under way.',
    'Nothing: the refund waits for its outcome.',
  ),
  'refund.exceeds-captured': entry(
    409,
    'park',
    'More would go back than was captured.',
    'Compare captured and refunded facts of the order.',
  ),
  'payment.processing': entry(
    409,
    'retry',
    'The processor is still working on the payment.',
    'Nothing: it is asked again.',
  ),
  'steer.incomplete': entry(
    422,
    'terminal',
    'An actor, a reason or the park id is missing.',
    'Name the park id that the flow shows, who you are, and why.',
  ),
  'steer.stale-park': entry(
    409,
    'terminal',
    'The flow is no longer parked on this.',
    'Read the flow again; somebody, or time, was faster.',
  ),
  'steer.too-early': entry(
    409,
    'terminal',
    'The flow is undoing, or has not caught up after a Reset: giving it up now would leave something behind.',
    'Retry or skip the step; abandon when it has come further.',
  ),
  'effect.not-done': entry(
    502,
    'park',
    'The Service answered that the effect did not happen after all.',
    'Look at it in the Service, then retry.',
  ),
  'steer.not-allowed': entry(
    403,
    'terminal',
    'Steps that move money or grants are steered through our API only.',
    'Use the API, or allow it under `steering` in the wiring file.',
  ),
  'steer.not-confirmed': entry(
    409,
    'park',
    'The Service does not confirm what the skip assumes.',
    'Check the reference in the Service itself.',
  ),
  'action.input-invalid': entry(
    500,
    'park',
    'The flow called an Action with an input that its contract refuses.',
    'Mend the flow.',
  ),
  'service.unavailable': entry(
    503,
    'retry',
    'The Service does not answer, or answers 5xx.',
    "See the Service's status; it is tried again.",
  ),
  'service.throttled': entry(
    503,
    'retry',
    'The Service asks for fewer calls.',
    'Nothing: its Retry-After is kept.',
  ),
  'service.paused': entry(
    503,
    'retry',
    'An operator has paused the Service.',
    'Resume it when its trouble is over; calls go on within seconds.',
  ),
  'service.breaker-open': entry(
    503,
    'retry',
    'The Service failed too often; one call at a time finds out whether it is back.',
    "See the Service's status; calls go on by themselves.",
  ),
  'service.busy': entry(
    503,
    'retry',
    'This process has as many calls of the Service under way as it may have.',
    'Nothing: it is tried again. If it stays, raise `limits.concurrency` or start more workers.',
  ),
  'service.rate-limited': entry(
    503,
    'retry',
    'The Service has had all calls that it may get in this second.',
    'Nothing: it is tried again. If it stays, raise `limits.ratePerSecond` as far as the Service bears it.',
  ),
  'service.refused': entry(
    502,
    'park',
    'The Service refused the call with a 4xx that the plugin does not know.',
    'Read the answer; mend the plugin or the data.',
  ),
  'service.malformed-answer': entry(
    502,
    'park',
    'The Service answered something that the plugin or the contract does not know.',
    "Compare the raw answer with the plugin's README.",
  ),
  'plugin.failed': entry(
    500,
    'retry',
    'The plugin threw an error of its own.',
    'Read the message; mend the plugin.',
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
