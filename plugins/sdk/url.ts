/** A path below a Service's address, which may itself have a path. The path's parts must be encoded already. */
export const joinUrl = (base: string, path: string): URL =>
  new URL(path, base.endsWith('/') ? base : `${base}/`);
