import type { Column, Table } from '../data/table.js';
import { selectRows } from '../data/typed-columns.js';
import { type Latency, measureLatencies } from '../onnx/latency.js';
import { measureMemory } from '../onnx/memory.js';
import { openModel } from '../onnx/session.js';

/** Rows of the batch that is timed and whose memory is measured. */
export const BATCH_ROWS = 256;

/** Batches that are timed, spread over the rows; fewer where the time is short. */
const BATCHES = 30;

/** What running a model costs, on one thread. */
export interface ModelCost {
  /** Of one row, in milliseconds; and of a batch, in milliseconds a batch. */
  readonly latency: Latency & { readonly batch: Latency & { readonly rows: number } };
  /** What a process grows by (see measureMemory); absent where it could not be measured. */
  readonly memoryBytes?: number;
}

/** A model, by its file or its bytes, and rows for it. */
export interface CostlyModel {
  readonly model: string | Uint8Array;
  /** At least one row; of several models the same rows. */
  readonly table: Table;
}

export interface CostOptions {
  /** About how long the single rows of a model may take, and its batches. */
  readonly rowBudgetMs?: number;
  readonly batchBudgetMs?: number;
}

/**
 * Measures models on the same rows: first their times, then their memory. Where there are fewer rows than a batch has they are repeated.
 * @returns in the order of the models
 */
export async function measureCosts(models: readonly CostlyModel[], options: CostOptions = {}): Promise<ModelCost[]> {
  const times = await measureTimes(models, options);
  return costsOf(times, await measureMemories(models));
}

/** @param memory by model, see measureMemories */
export function costsOf(times: readonly ModelCost['latency'][], memory: readonly (number | undefined)[]): ModelCost[] {
  return times.map((latency, index) => {
    const memoryBytes = memory[index];
    return { latency, ...(memoryBytes !== undefined && { memoryBytes }) };
  });
}

/**
 * How long models take, in turns in this process, so that a slow moment of the machine meets all of them. Nothing else should go on meanwhile.
 */
export async function measureTimes(
  models: readonly CostlyModel[],
  { rowBudgetMs = 800, batchBudgetMs = 200 }: CostOptions = {},
): Promise<ModelCost['latency'][]> {
  const samples = models.map(({ table }) => sampleOf(table));
  const opened = await Promise.all(models.map(({ model }) => openModel(model, { threads: 1 })));
  try {
    const runs = opened.map((model, index) => model.runner(samples[index]!));
    const { rows } = samples[0]!;
    const single = await measureLatencies(
      runs.map((run) => (row) => run(row, row + 1)),
      rows,
      { budgetMs: rowBudgetMs },
    );
    const batches = await measureLatencies(
      runs.map((run) => (start) => run(start, start + BATCH_ROWS)),
      rows - BATCH_ROWS + 1,
      { rows: BATCHES, repeats: 5, budgetMs: batchBudgetMs, warmUp: 10 },
    );
    return single.map((latency, index) => ({ ...latency, batch: { rows: BATCH_ROWS, ...batches[index]! } }));
  } finally {
    await Promise.all(opened.map((model) => model.close()));
  }
}

/**
 * The memory of each model, in a process of its own, since one process cannot tell whose its memory is. Other work may go on
 * meanwhile: it is no matter of time.
 */
export function measureMemories(models: readonly CostlyModel[]): Promise<(number | undefined)[]> {
  return Promise.all(models.map(({ model, table }) => measureMemory(model, firstRows(sampleOf(table), BATCH_ROWS))));
}

/** Rows spread over a table, enough for every batch to have its own; those of a short table again and again up to one batch. */
function sampleOf(table: Table): Table {
  const rows = Math.max(BATCH_ROWS, Math.min(table.rows, BATCHES * BATCH_ROWS));
  const step = table.rows / rows;
  return pick(
    table,
    Uint32Array.from({ length: rows }, (_, at) => (step < 1 ? at % table.rows : Math.floor(at * step))),
  );
}

/** The first rows, with no more texts than they have: they go to another process. */
function firstRows(table: Table, rows: number): Table {
  const few = pick(
    table,
    Uint32Array.from({ length: rows }, (_, at) => at),
  );
  return { rows, columns: new Map([...few.columns].map(([name, column]) => [name, ownTexts(column)])) };
}

function pick(table: Table, rows: Uint32Array): Table {
  return { rows: rows.length, columns: new Map([...table.columns].map(([name, column]) => [name, selectRows(column, rows)])) };
}

function ownTexts(column: Column): Column {
  if (column.type !== 'string') return column;
  const places = new Map([[0, 0]]);
  const codes = column.codes.map((code) => {
    const place = places.get(code) ?? places.size;
    places.set(code, place);
    return place;
  });
  return { type: 'string', codes, dictionary: [...places.keys()].map((code) => column.dictionary[code]!) };
}
