import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { stringify } from 'yaml';
import { packBundle } from '../../../shared/bundle/pack.js';
import { type Bundle, readBundle } from '../../../shared/bundle/read.js';
import { Random } from '../../../shared/core/random.js';
import { Project } from '../../actions/project.js';

/** A row as JSON has it. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** A bundle that `train` made of made-up orders, with the rows that it was held against. */
export interface Trained {
  readonly bundle: Bundle;
  readonly directory: string;
  /** Its archive, and the sha256 of that. */
  readonly archive: Buffer;
  readonly hash: string;
  /** The test rows with every column that a request may have, and what predictions.parquet says of them. */
  readonly heldOut: readonly { readonly id: string; readonly row: Row; readonly scores: readonly number[] }[];
  remove(): Promise<void>;
}

export interface TrainedOptions {
  readonly task?: 'binary' | 'multiclass' | 'regression';
  /** Another seed is another model of the same name. */
  readonly seed?: number;
  readonly name?: string;
}

const ROWS = 400;

/** Orders with a column of every type, each with missing values but for key and time. */
export function orders(): Row[] {
  const random = new Random(7);
  const maybe = <Value>(value: Value): Value | null => (random.uniform() < 0.1 ? null : value);
  const digits = (value: number, length: number): string => String(value).padStart(length, '0');
  return Array.from({ length: ROWS }, (_, id) => {
    const amount = Math.round(random.normal() * 10_000) / 100;
    const items = random.integer(9) - 2;
    const country = ['NL', 'BE', 'de, fr', 'Å "x"'][random.integer(4)]!;
    const express = random.uniform() < 0.5;
    const day = `2024-0${1 + random.integer(9)}-${digits(1 + random.integer(28), 2)}`;
    const ordered = `${day}T${digits(random.integer(24), 2)}:${digits(random.integer(60), 2)}:07.${digits(random.integer(1_000_000), 6)}Z`;
    const risk = amount / 50 + items / 3 + (country === 'BE' ? 1 : 0) + (express ? -1 : 0) + random.normal();
    return {
      id: `o-${id}`,
      placed: `2024-01-01T00:${digits(id % 60, 2)}:00Z`,
      amount: maybe(amount),
      items: maybe(items),
      country: maybe(country),
      express: maybe(express),
      birthday: maybe(day),
      ordered: maybe(ordered),
      returned: risk > 0 ? 'yes' : 'no',
      size: risk > 1 ? 'large' : risk < -1 ? 'small' : 'medium',
      cost: Math.round(risk * 1000) / 1000,
    };
  });
}

const TARGETS = { binary: 'returned', multiclass: 'size', regression: 'cost' } as const;

/** Trains on the orders: with a key and an event time, which are no features, and features of every other column. */
export async function trainOrders({ task = 'binary', seed = 42, name = 'orders' }: TrainedOptions = {}): Promise<Trained> {
  const project = await Project.create();
  const rows = orders();
  const columns = Object.keys(rows[0]!);
  await project.write(
    'orders.csv',
    [columns, ...rows.map((row) => columns.map((column) => row[column] ?? null))].map(csvLine).join(''),
  );
  const target = TARGETS[task];
  await project.write(
    'mlops.yaml',
    stringify({
      name,
      purpose: 'Tests of the server.',
      task,
      seed,
      data: { path: 'orders.csv', key: 'id', time: 'placed' },
      target: { column: target },
      split: { by: 'hash', validation: 0.1, test: 0.3 },
      features: {
        exclude: Object.values(TARGETS).filter((column) => column !== target),
        derive: [
          { from: 'birthday', parts: ['month'] },
          { from: 'ordered', parts: ['hour', 'weekday'] },
          { from: 'ordered', cyclic: ['hour'] },
          { from: 'ordered', since: 'birthday' },
          { from: ['amount', 'items'], ratio: true },
          { from: 'amount', quantile_bins: 5 },
          { from: 'items', log: true },
          { from: ['country', 'items'], interaction: true },
          { from: 'country', target_encoding: true },
          { from: 'country', length: true },
          { from: 'country', hashed_tokens: 3 },
          { from: 'country', tfidf: 3 },
          { from: 'country', one_hot: true },
          { from: ['amount', 'country', 'birthday'], missing: true },
        ],
      },
      train: {
        algorithm: 'gbdt',
        params: { num_iterations: 10, num_leaves: 7, min_data_in_leaf: 5, bagging_fraction: 0.7, bagging_freq: 1 },
      },
      evaluate: { primary: task === 'regression' ? 'rmse' : 'log_loss' },
    }),
  );
  await project.run('train', { output: 'bundle', champion: 'none' });
  const directory = join(project.directory, 'bundle');
  const bundle = await readBundle(directory, 'the bundle');
  const file = join(project.directory, 'bundle.tar.gz');
  await packBundle(directory, bundle.manifest, file);
  const archive = await readFile(file);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const served = [...bundle.manifest.signature.inputs.map((input) => input.name), 'id', 'placed'];
  const heldOut = (await predictionsOf(directory)).map(({ id, scores }) => {
    const row = byId.get(id)!;
    return { id, row: Object.fromEntries(served.map((column) => [column, row[column]!])), scores };
  });
  return {
    bundle,
    directory,
    archive,
    hash: createHash('sha256').update(archive).digest('hex'),
    heldOut,
    remove: () => project.remove(),
  };
}

/** Cells as CSV has them; null is empty. */
export function csvLine(cells: readonly (string | number | boolean | null)[]): string {
  const texts = cells.map((cell) => {
    const text = cell === null ? '' : String(cell);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${texts.join(',')}\n`;
}

async function predictionsOf(directory: string): Promise<{ id: string; scores: number[] }[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet('${join(directory, 'predictions.parquet')}')`);
    return reader.getRowObjects().map(({ id, label: _, ...scores }) => ({
      id: String(id),
      scores: Object.values(scores).map(Number),
    }));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
