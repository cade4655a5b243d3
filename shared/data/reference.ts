import { MISSING_INTEGER } from '../core/missing.js';
import type { Dataset } from './dataset.js';
import { distributionOf } from './distribution/arrays.js';
import type { BlockUnit } from './distribution/distribution.js';
import { readDistributions } from './distribution/read.js';
import { sealed } from './distribution/seal.js';
import type { WatchedColumn } from './distribution/watched-column.js';
import { loadParts, PARTS_TABLE } from './part-table.js';
import { predictionColumns } from './prediction-columns.js';
import type { Predictions } from './predictions.js';
import type { ReferenceProfile } from './reference-profile.js';
import { identifier } from './sql.js';
import { columnOf, PARTS } from './table.js';

export interface ReferenceRequest {
  readonly model: string;
  /** The part of every row. */
  readonly parts: Uint8Array;
  /** What is watched of the model's raw columns; `from` are columns of the dataset. */
  readonly inputs: readonly (Omit<WatchedColumn, 'sql'> & { readonly from: string })[];
  /** The held-out rows, and what the model says of them. */
  readonly heldOut: { readonly rows: Uint32Array; readonly predictions: Predictions };
  readonly threshold?: number | undefined;
  /** The column with the time of the event, and what its rows are taken together by. */
  readonly time?: string | undefined;
  readonly unit: BlockUnit;
}

/** The reference of a model: its training rows and its answers on held-out ones, sealed. */
export async function readReference(dataset: Dataset, request: ReferenceRequest): Promise<ReferenceProfile> {
  const { parts, inputs, heldOut, unit } = request;
  const time = timeOf(dataset, request.time);
  await loadParts(dataset, parts);
  try {
    const target = await watchedTarget(dataset);
    const [training] = await readDistributions(dataset.connection, {
      from: `(SELECT * FROM source POSITIONAL JOIN ${PARTS_TABLE})`,
      columns: [...inputs.map(({ from, ...watched }) => ({ ...watched, sql: identifier(from) })), ...target],
      ...(time !== undefined && { time: { sql: `CAST(${identifier(time)} AS TIMESTAMP)`, unit } }),
      group: { sql: `CASE WHEN __part = ${PARTS.indexOf('train')} THEN 0 END`, count: 1 },
    });
    const times = time === undefined ? undefined : { values: await readTimes(dataset, time, heldOut.rows), unit };
    const answers = distributionOf(predictionColumns(heldOut.predictions, request.threshold), heldOut.rows.length, times);
    const { columns, ...rows } = sealed(training!);
    return {
      format: 1,
      kind: 'reference profile',
      model: request.model,
      inputs: { ...rows, columns: columns.slice(0, inputs.length) },
      predictions: sealed(answers),
      ...(target.length > 0 && { target: { ...rows, columns: columns.slice(inputs.length) } }),
    };
  } finally {
    await dataset.connection.run(`DROP TABLE IF EXISTS ${PARTS_TABLE}`);
  }
}

/** The target, by the name of its column where it is one; none where it is a date, which goes on by itself. */
async function watchedTarget(dataset: Dataset): Promise<WatchedColumn[]> {
  const { name, type, sql, columns } = await dataset.labelColumn();
  if (type === 'date' || type === 'timestamp') return [];
  return [{ name: dataset.spec.target.sql === undefined ? columns[0]! : name, type, sql }];
}

/** The column's name in the data; undefined when it is no date: then rows are not told by time. */
function timeOf(dataset: Dataset, time: string | undefined): string | undefined {
  if (time === undefined) return undefined;
  const { name, type } = dataset.column(time, dataset.locate(['data', 'time']));
  return type === 'date' || type === 'timestamp' ? name : undefined;
}

async function readTimes(dataset: Dataset, time: string, rows: Uint32Array): Promise<Float64Array> {
  const { values } = columnOf(await dataset.table([time], rows), time) as { values: BigInt64Array };
  return Float64Array.from(values, (value) => (value === MISSING_INTEGER ? Number.NaN : Number(value) / 1000));
}
