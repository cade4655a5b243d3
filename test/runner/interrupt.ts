const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const cleanups: (() => void)[] = [];

/**
 * Calls a cleanup when this process is interrupted (Ctrl-C does not reach steps, which are in process groups of their own), the
 * newest first; the signal then takes its usual course.
 * @returns takes the cleanup back.
 */
export function onInterrupt(cleanup: () => void): () => void {
  if (cleanups.length === 0) for (const name of SIGNALS) process.on(name, interrupted);
  cleanups.push(cleanup);
  return () => {
    const index = cleanups.indexOf(cleanup);
    if (index < 0) return;
    cleanups.splice(index, 1);
    if (cleanups.length === 0) release();
  };
}

function interrupted(name: NodeJS.Signals): void {
  for (const cleanup of cleanups.splice(0).reverse()) {
    try {
      cleanup();
    } catch {
      // The next one must still have its turn.
    }
  }
  release();
  process.kill(process.pid, name);
}

function release(): void {
  for (const name of SIGNALS) process.removeListener(name, interrupted);
}
