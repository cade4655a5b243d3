export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LatencyOptions {
  /** Rows that are timed, spread over the table; default 500, fewer where the table or the time is short. */
  readonly rows?: number;
  /** How often each row is timed; default 5. */
  readonly repeats?: number;
  /** About how long the measurement may take, warm-up included; default 1000. */
  readonly budgetMs?: number;
}

const WARM_UP_RUNS = 50;

/** Of the time, the part that the warm-up may take. */
const WARM_UP_SHARE = 0.2;

/**
 * How long the model takes for one row: of each row the fastest of several runs, and the percentiles over the rows. A machine
 * that is shared stops a process for milliseconds now and then; a single run of a row would make the 99th percentile a
 * measure of those stops. The fastest run is the model's own work on this machine, and what differs between rows
 * (longer paths, longer texts) stays in. All rows are run before any is run again, so that one stop cannot meet
 * all runs of a row. It is not what a caller waits for under load.
 * @param run runs the model on one row, by its index
 * @param tableRows at least 1
 */
export async function measureLatency(
  run: (row: number) => Promise<unknown>,
  tableRows: number,
  { rows = 500, repeats = 5, budgetMs = 1000 }: LatencyOptions = {},
): Promise<Latency> {
  if (tableRows < 1) throw new Error('latency needs at least one row');
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  const timed = async (row: number): Promise<number> => {
    const begun = performance.now();
    await run(row);
    return performance.now() - begun;
  };
  const warmUp: number[] = [];
  while (warmUp.length < WARM_UP_RUNS && (warmUp.length === 0 || elapsed() < WARM_UP_SHARE * budgetMs)) {
    warmUp.push(await timed(warmUp.length % tableRows));
  }
  const affordable = Math.floor((budgetMs - elapsed()) / (repeats * quantileOf(warmUp, 0.5)));
  const count = Math.max(1, Math.min(rows, tableRows, affordable));
  const fastest = new Array<number>(count).fill(Number.POSITIVE_INFINITY);
  for (let repeat = 0; repeat < repeats && (repeat === 0 || elapsed() < budgetMs); repeat++) {
    for (let at = 0; at < count; at++) {
      fastest[at] = Math.min(fastest[at]!, await timed(Math.floor((at * tableRows) / count)));
    }
  }
  return { p50Ms: quantileOf(fastest, 0.5), p99Ms: quantileOf(fastest, 0.99) };
}

function quantileOf(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
