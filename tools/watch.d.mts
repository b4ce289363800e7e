export interface Watched {
  /** Tells the process to kill, once it runs; a later call replaces it. */
  running(pid: number): void;
  /** After the process has ended and the paths are removed. */
  forget(): void;
}

/** From now on the `paths` are removed, and the process is killed, when this process ends in whatever way. */
export declare function watch(paths?: readonly string[]): Watched;
