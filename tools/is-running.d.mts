/** Whether the process does something; one that has ended but that nobody has waited for (a zombie) does not. */
export declare function isRunning(pid: number): boolean;
