import type { Manifest } from '../bundle/manifest.js';
import { UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import { MISSING_INTEGER } from '../core/missing.js';
import type { Dataset } from '../data/dataset.js';
import type { Predictions } from '../data/predictions.js';
import { rowsOfPart } from '../data/select.js';
import { assignParts } from '../data/split.js';
import type { Column, ColumnType, Table } from '../data/table.js';
import { GOLDEN_ID_PREFIX } from '../data/traffic-log.js';
import { selectRows } from '../data/typed-columns.js';
import type { OnnxModel } from '../onnx/session.js';

/** A value as a request has it; null is missing. */
export type JsonCell = string | number | boolean | null;

/**
 * Raw rows with the model's own answers. They are drawn from the data when they are needed, and never kept: rows of people
 * belong into no release.
 */
export interface GoldenRows {
  /** By column name; a model that takes all features as one list has that list under its input's name. */
  readonly rows: readonly Readonly<Record<string, JsonCell | readonly JsonCell[]>>[];
  /** What each row is called in requests, by which a traffic log tells them from real ones: `mlops-smoke-<row id>`. */
  readonly ids: readonly string[];
  /** The ids that the rows have in predictions.parquet. */
  readonly rowIds: readonly string[];
  /** What onnxruntime-node in this process answers. */
  readonly expected: Predictions;
  /** The label of each row; undefined for a row that is too near the threshold to have a certain one. */
  readonly labels?: readonly (string | undefined)[];
  /** What a user should know about the rows. */
  readonly notices: readonly string[];
}

const GOLDEN_ROWS = 64;

export interface GoldenRequest {
  readonly dataset: Dataset;
  readonly manifest: Manifest;
  readonly model: OnnxModel;
  /** `features.use`, for models with a single input for all features. */
  readonly features?: readonly string[];
  readonly count?: number;
}

/**
 * Draws rows that the model has not trained on (the test part by the manifest's own rule), evenly over the canonical
 * order, which is that of their hashes: the same data gives the same rows. Columns that the data does not have, or has in
 * another type, are sent as missing, so that an older version can be checked on newer data.
 */
export async function drawGoldenRows({
  dataset,
  manifest,
  model,
  features,
  count = GOLDEN_ROWS,
}: GoldenRequest): Promise<GoldenRows> {
  const notices: string[] = [];
  const rows = await heldOutRows(dataset, manifest, count, notices);
  const { inputs } = manifest.signature;
  const isMatrix =
    inputs.length === 1 && features !== undefined && !dataset.schema.some(({ name }) => name === inputs[0]!.name);
  const wanted = isMatrix
    ? features.map((name) => ({ name, type: 'number' as const }))
    : inputs.map(({ name, column }) => ({ name, type: column }));
  const table = await readTable(dataset, wanted, rows, notices);
  const kept = sendable(table, count);
  if (kept.length === 0)
    throw new UserError('None of the held-out rows can be sent as JSON: every one holds an infinite value.');
  const chosen: Table = {
    rows: kept.length,
    columns: new Map([...table.columns].map(([name, column]) => [name, selectRows(column, kept)])),
  };
  const { task, classes, threshold } = manifest;
  const expected = await model.predict(chosen, { task, classes, ...(isMatrix && { columns: features }) });
  const rowIds = await dataset.rowIds(Uint32Array.from(kept, (index) => rows[index]!));
  const cells = Array.from({ length: chosen.rows }, (_, row) =>
    Object.fromEntries([...chosen.columns].map(([name, column]) => [name, cellOf(column, row)])),
  );
  return {
    rows: isMatrix ? cells.map((row) => ({ [inputs[0]!.name]: Object.values(row) })) : cells,
    ids: rowIds.map((id) => GOLDEN_ID_PREFIX + id),
    rowIds,
    expected,
    ...(expected.task !== 'regression' && { labels: labelsOf(expected, threshold) }),
    notices,
  };
}

/** More rows than are needed, since some may hold what JSON does not know. */
async function heldOutRows(dataset: Dataset, manifest: Manifest, count: number, notices: string[]): Promise<Uint32Array> {
  let candidates = rowsOfPart(await assignParts(dataset, manifest.split), 'test');
  if (candidates.length === 0) {
    notices.push('the data has no row that the model was not trained with, so any rows are asked for');
    candidates = Uint32Array.from({ length: dataset.rows }, (_, row) => row);
  }
  const drawn = Math.min(candidates.length, 4 * count);
  return Uint32Array.from({ length: drawn }, (_, at) => candidates[Math.floor((at * candidates.length) / drawn)]!);
}

async function readTable(
  dataset: Dataset,
  wanted: readonly { readonly name: string; readonly type: ColumnType }[],
  rows: Uint32Array,
  notices: string[],
): Promise<Table> {
  const columns = new Map<string, Column>();
  for (const { name, type } of wanted) {
    const found = dataset.schema.find((column) => column.name === name);
    if (found && fits(found.type, type)) {
      columns.set(name, (await dataset.table([name], rows)).columns.get(name)!);
      continue;
    }
    const state = found ? `is ${found.type} in the data, and ${type} for the model` : 'is not in the data';
    notices.push(`column ${JSON.stringify(name)} ${state}: the rows are asked for without it`);
    columns.set(name, missingColumn(type, rows.length));
  }
  return { rows: rows.length, columns };
}

/** Whether a column of the data can fill an input of that column type as it is. */
function fits(found: ColumnType, wanted: ColumnType): boolean {
  if (found === wanted) return true;
  if (wanted === 'number') return found === 'integer' || found === 'boolean';
  return (wanted === 'timestamp' && found === 'date') || (wanted === 'date' && found === 'timestamp');
}

function missingColumn(type: ColumnType, rows: number): Column {
  switch (type) {
    case 'string':
      return { type, codes: new Uint32Array(rows), dictionary: [''] };
    case 'number':
      return { type, values: new Float64Array(rows).fill(Number.NaN) };
    case 'boolean':
      return { type, values: new Float32Array(rows).fill(Number.NaN) };
    default:
      return { type, values: new BigInt64Array(rows).fill(MISSING_INTEGER) };
  }
}

/** The first rows that JSON can hold exactly: no infinite numbers, no integers beyond 2^53. */
function sendable(table: Table, count: number): Uint32Array {
  const kept: number[] = [];
  for (let row = 0; row < table.rows && kept.length < count; row++) {
    if ([...table.columns.values()].every((column) => isExact(column, row))) kept.push(row);
  }
  return Uint32Array.from(kept);
}

function isExact(column: Column, row: number): boolean {
  if (column.type === 'number') return Math.abs(column.values[row]!) !== Number.POSITIVE_INFINITY;
  if (column.type !== 'integer') return true;
  const value = column.values[row]!;
  return value === MISSING_INTEGER || Number.isSafeInteger(Number(value));
}

/** A cell as JSON has it: dates as `2001-02-03`, times as `2001-02-03T04:05:06.789000Z`. */
export function cellOf(column: Column, row: number): JsonCell {
  if (column.type === 'string') return column.dictionary[column.codes[row]!] || null;
  if (column.type === 'boolean') return Number.isNaN(column.values[row]!) ? null : column.values[row] === 1;
  if (column.type === 'number') return Number.isNaN(column.values[row]!) ? null : column.values[row]!;
  const value = column.values[row]!;
  if (value === MISSING_INTEGER) return null;
  if (column.type === 'integer') return Number(value);
  const micros = ((value % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((value - micros) / 1000n)).toISOString().slice(0, 19);
  return column.type === 'date' ? seconds.slice(0, 10) : `${seconds}.${String(micros).padStart(6, '0')}Z`;
}

/** How near a probability may be to the threshold before either label is right. */
const UNCERTAIN = 1e-4;

function labelsOf(expected: Exclude<Predictions, { task: 'regression' }>, threshold = 0.5): (string | undefined)[] {
  const { classes, scores, rows } = expected;
  const width = classes.length;
  return Array.from({ length: rows }, (_, row) => {
    const own = scores.subarray(row * width, row * width + width);
    if (expected.task === 'binary') {
      if (Math.abs(own[1]! - threshold) < UNCERTAIN) return undefined;
      return classes[own[1]! >= threshold ? 1 : 0];
    }
    const sorted = [...own].sort((a, b) => b - a);
    return sorted[0]! - (sorted[1] ?? 0) < UNCERTAIN ? undefined : classes[own.indexOf(sorted[0]!)];
  });
}

/** Holds what the model says of the golden rows against what was recorded when it was made. */
export function compareRecorded(
  golden: GoldenRows,
  recorded: ReadonlyMap<string, readonly number[]>,
): { readonly rows: number; readonly worst: number } {
  const { expected } = golden;
  const width = expected.task === 'regression' ? 1 : expected.classes.length;
  let rows = 0;
  let worst = 0;
  for (const [row, id] of golden.rowIds.entries()) {
    const scores = recorded.get(id);
    if (!scores) continue;
    rows++;
    if (scores.length !== width)
      throw new UserError(`The recorded predictions have ${formatCount(scores.length)} scores a row, the model ${width}.`);
    for (let score = 0; score < width; score++) {
      const own = expected.scores[row * width + score]!;
      const scale = expected.task === 'regression' ? Math.max(1, Math.abs(own)) : 1;
      worst = Math.max(worst, Math.abs(scores[score]! - own) / scale);
    }
  }
  return { rows, worst };
}
