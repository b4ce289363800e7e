/** Progress for a person; stderr, because stdout may be a result that another program reads. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Says `line` only when `work` takes longer than `afterMs`, so that fast starts stay silent. */
export async function sayWhenSlow<T>(line: string, work: Promise<T>, afterMs = 2_000): Promise<T> {
  const timer = setTimeout(() => say(line), afterMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
