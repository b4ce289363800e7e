/** The part of undici's dispatcher that Node's own `fetch` uses, and of the handler that it hands over. */
interface Dispatcher {
  dispatch(options: object, handler: Handler): boolean;
}
interface Handler {
  onConnect?(abort: (reason: Error) => void, ...rest: unknown[]): void;
}

/** Where Node keeps the dispatcher of its own `fetch`. */
const NODES_OWN = Symbol.for('undici.globalDispatcher.1');

/**
 * A dispatcher for one `fetch` that writes nothing once `isLate` says so. A connection may take its time, or the process may
 * be stopped while it is made: between our last look and the first byte there is only this one. Undefined where this Node
 * keeps its dispatcher elsewhere; the look before the call remains.
 */
export const writesInTime = (isLate: () => boolean): Dispatcher | undefined => {
  const own = (globalThis as unknown as Readonly<Record<symbol, Dispatcher | undefined>>)[NODES_OWN];
  if (!own) return undefined;
  const guarded = (handler: Handler): Handler =>
    new Proxy(handler, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'onConnect') return value.bind(target) as unknown;
        return (abort: (reason: Error) => void, ...rest: unknown[]): unknown =>
          isLate() ? abort(new Error('not written: the lease is over')) : value.call(target, abort, ...rest);
      },
    });
  return { dispatch: (options, handler) => own.dispatch(options, guarded(handler)) };
};
