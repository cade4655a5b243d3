import { join } from 'node:path';
import { Random } from '../../shared/core/random.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { openModel } from '../../shared/onnx/session.js';
import { loadSpec } from '../../shared/spec/load.js';

/** A row as JSON: every type of column, each but the key sometimes missing. */
export interface Flight {
  readonly id: number;
  readonly origin: string | null;
  readonly distance: number | null;
  readonly wind: number | null;
  readonly holiday: boolean | null;
  readonly departed: string | null;
  readonly day: string | null;
  readonly delayed: string;
}

/** The classes in the order of the scores: the positive one is the last. */
export const CLASSES = ['on time', 'late'] as const;

/** What of a spec is about these rows, in `data.csv`. */
export const FLIGHT_SPEC = {
  purpose: 'Warn travellers, when they book.',
  data: { path: 'data.csv', key: 'id' },
  target: { column: 'delayed', positive: 'late' },
  features: { derive: ['departed', 'day'].map((from) => ({ from, parts: ['month', 'hour'] })) },
};

/** Made-up flights, the same ones each time. */
export function flights(rows: number): readonly Flight[] {
  const random = new Random(7);
  const maybe = <Value>(value: Value): Value | null => (random.uniform() < 0.05 ? null : value);
  return Array.from({ length: rows }, (_, id) => {
    const distance = 100 + random.integer(2000);
    const hour = random.integer(24);
    const day = `2026-0${1 + random.integer(9)}-1${random.integer(10)}`;
    const isLate = random.uniform() < 1 / (1 + Math.exp(2 - distance / 900 - hour / 18));
    return {
      id,
      origin: maybe(['SFO', 'JFK', 'ORD'][random.integer(3)]!),
      distance: maybe(distance),
      wind: maybe(Math.round(random.normal() * 1000) / 100),
      holiday: maybe(random.uniform() < 0.3),
      departed: maybe(`${day}T${String(hour).padStart(2, '0')}:30:00`),
      day: maybe(day),
      delayed: isLate ? 'late' : 'on time',
    };
  });
}

export function csvOf(rows: readonly Flight[]): string {
  const lines = rows.map((row) =>
    Object.values(row)
      .map((value) => String(value ?? ''))
      .join(','),
  );
  return `${[Object.keys(rows[0]!).join(','), ...lines].join('\n')}\n`;
}

/** Our own scores of every row by its key, with the model that `train` has left in a folder. */
export async function ownScores(directory: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const { spec, locate } = await loadSpec(join(directory, 'mlops.yaml'));
  const dataset = await openDataset({ spec, directory, locate });
  const model = await openModel(join(directory, '.mlops-actions/bundle/model.onnx'));
  try {
    const table = await dataset.table(model.signature.inputs.map(({ name }) => name));
    const { scores } = await model.predict(table, { task: 'binary', classes: CLASSES });
    const ids = await dataset.rowIds();
    return new Map(ids.map((id, row) => [id, [...scores.slice(2 * row, 2 * row + 2)]]));
  } finally {
    dataset.close();
    await model.close();
  }
}
