/**
 * Fires after `ms`, like AbortSignal.timeout, but lets answers that are already here come first. A process that was
 * stopped for a while wakes with its timers due and its sockets unread, and a late answer is evidence worth keeping.
 */
export const patientTimeout = (ms: number): AbortSignal => {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new DOMException(`No answer within ${ms} ms.`, 'TimeoutError'));
  const timer = setTimeout(() => setImmediate(() => setImmediate(abort)), ms);
  timer.unref();
  return controller.signal;
};
