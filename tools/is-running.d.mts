/** Whether the process does something; one that has ended but that nobody has waited for (a zombie) does not. */
export declare function isRunning(pid: number): boolean;

/** When a process started, where the system tells, so that a later one with the same number is not taken for it; else ''. */
export declare function startOf(pid: number): string;
