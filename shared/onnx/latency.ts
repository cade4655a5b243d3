export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LatencyOptions {
  /** Rows (or whatever is run) that are timed, spread over those that there are; default 500, fewer where there are fewer or the time is short. */
  readonly rows?: number;
  /** How often each row is timed; default 5. */
  readonly repeats?: number;
  /** About how long the measurement of one model may take, warm-up included; default 1000. */
  readonly budgetMs?: number;
  /** Most runs of a model before its time counts; default 50. */
  readonly warmUp?: number;
}

/** Runs a model on one row (or on whatever else is timed), by its index. */
export type Run = (at: number) => Promise<unknown>;

/** Of the time, the part that the warm-up may take. */
const WARM_UP_SHARE = 0.2;

/** The first runs of a kind are many times slower than all later ones: so many there are where the whole time has room for them. */
const LEAST_WARM_UP = 3;

/**
 * Runs of a model before it is the next one's turn. Taking turns run by run would time each model with what the other has
 * left in the processor's caches, which nobody who serves one of them ever sees; these are still over in milliseconds.
 */
const TURN = 10;

/**
 * How long models take for one row, of the same rows and in turns, so that a slow moment of the machine meets all of them: of each
 * row the fastest of several runs, and the percentiles over the rows. A machine
 * that is shared stops a process for milliseconds now and then; a single run of a row would make the 99th percentile a
 * measure of those stops. The fastest run is the model's own work on this machine, and what differs between rows
 * (longer paths, longer texts) stays in. All rows are run before any is run again, so that one stop cannot meet
 * all runs of a row. It is not what a caller waits for under load.
 * @param runs the models
 * @param tableRows at least 1
 * @returns in the order of the models
 */
export async function measureLatencies(
  runs: readonly Run[],
  tableRows: number,
  { rows = 500, repeats = 5, budgetMs = 1000, warmUp = 50 }: LatencyOptions = {},
): Promise<Latency[]> {
  if (tableRows < 1) throw new Error('latency needs at least one row');
  const budget = budgetMs * runs.length;
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  const timed = async (run: Run, row: number): Promise<number> => {
    const begun = performance.now();
    await run(row);
    return performance.now() - begun;
  };
  const warm: number[][] = runs.map(() => []);
  const isTime = (at: number): boolean => at === 0 || elapsed() < (at < LEAST_WARM_UP ? 1 : WARM_UP_SHARE) * budget;
  for (let at = 0; at < warmUp && isTime(at); at++) {
    for (const [index, run] of runs.entries()) warm[index]!.push(await timed(run, at % tableRows));
  }
  const once = warm.reduce((sum, times) => sum + Math.min(...times), 0);
  const affordable = Math.floor((budget - elapsed()) / (repeats * once));
  const count = Math.max(1, Math.min(rows, tableRows, affordable));
  const fastest = runs.map(() => new Array<number>(count).fill(Number.POSITIVE_INFINITY));
  for (let repeat = 0; repeat < repeats && (repeat === 0 || elapsed() < budget); repeat++) {
    for (let start = 0; start < count; start += TURN) {
      for (const [index, run] of runs.entries()) {
        const own = fastest[index]!;
        for (let at = start; at < Math.min(start + TURN, count); at++)
          own[at] = Math.min(own[at]!, await timed(run, Math.floor((at * tableRows) / count)));
      }
    }
  }
  return fastest.map((times) => ({ p50Ms: quantileOf(times, 0.5), p99Ms: quantileOf(times, 0.99) }));
}

/** The same of one thing alone. */
export async function measureLatency(run: Run, tableRows: number, options?: LatencyOptions): Promise<Latency> {
  const [latency] = await measureLatencies([run], tableRows, options);
  return latency!;
}

function quantileOf(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
