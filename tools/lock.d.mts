/** Runs `work` while no other process runs work under the same `file`; a dead holder's lock is taken over. */
export declare function withLock<T>(
  file: string,
  work: () => Promise<T> | T,
  onWait?: (holder: string) => void,
): Promise<T>;
