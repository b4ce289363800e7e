/** Which calls a fault or a count means. Everything that is left out matches. */
export type Match = {
  readonly method?: string | undefined;
  /** Begins with `/` and has no `$`: a prefix. Otherwise a regular expression. Tried on the decoded path without and with its query. */
  readonly path?: string | undefined;
  /** Text that stands in the URL, the body or the Idempotency-Key: one order, one learner. */
  readonly contains?: string | undefined;
};

export type Called = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly text: string;
  readonly key?: string | undefined;
};

/** Compiles a match at once, so that a wrong expression fails where it is written. */
export const matcher = ({ method, path, contains }: Match): ((call: Called) => boolean) => {
  const isPath = pathMatcher(path ?? '/');
  return (call) => {
    const url = call.query ? `${call.path}?${call.query}` : call.path;
    return (
      (!method || method.toUpperCase() === call.method) &&
      (isPath(call.path) || isPath(url)) &&
      (!contains || [url, call.text, call.key ?? ''].some((text) => text.includes(contains)))
    );
  };
};

const pathMatcher = (path: string): ((path: string) => boolean) => {
  if (path.startsWith('/') && !path.includes('$')) return (called) => called.startsWith(path);
  const expression = new RegExp(path);
  return (called) => expression.test(called);
};
