import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readBundle } from '../../shared/bundle/read.js';
import { Random } from '../../shared/core/random.js';
import type { Column, Table } from '../../shared/data/table.js';
import { type TrafficBlock, writeTraffic } from '../../shared/data/traffic-log.js';
import { openModel } from '../../shared/onnx/session.js';
import type { Project } from './project.js';
import { spec } from './project.js';

/** A model with a past and a present: eight weeks of customers to learn from, and traffic after that. */

const DAY_MS = 86_400_000;

/** A Monday. */
export const TRAINING_START = Date.parse('2026-01-05T00:00:00Z');
const TRAINING_DAYS = 56;
/** A Monday, too: the first window of traffic. */
export const LIVE_START = TRAINING_START + TRAINING_DAYS * DAY_MS;

export interface Customer {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly date: number;
  readonly usage: number;
  readonly plan: string;
  readonly churned: string;
}

export interface World {
  /** Rows a day. */
  readonly rows: number;
  readonly days: number;
  readonly start: number;
  readonly seed: number;
  /** Added to the usage; plans that customers choose from; how often the truth is the opposite. */
  readonly shift?: number;
  readonly plans?: readonly string[];
  readonly noise?: number;
}

/** Customers of some days; who uses less is likelier to leave. */
export function customersOf(world: World): Customer[] {
  const { rows, days, start, seed, shift = 0, plans = ['basic', 'plus', 'pro'], noise = 0 } = world;
  const random = new Random(seed);
  return Array.from({ length: rows * days }, (_, index): Customer => {
    const plain = 5 * random.normal();
    const plan = plans[random.integer(plans.length)]!;
    const leaves = random.uniform() < 1 / (1 + Math.exp(0.6 * plain + (plan === 'pro' ? 1 : 0)));
    return {
      id: `c${seed}-${index}`,
      date: start + Math.floor(index / rows) * DAY_MS + Math.floor(random.uniform() * DAY_MS),
      usage: Math.round(100 * (plain + shift)) / 100,
      plan,
      churned: leaves !== random.uniform() < noise ? 'yes' : 'no',
    };
  });
}

export function csvOf(customers: readonly Customer[]): string {
  const lines = customers.map(({ id, date, usage, plan, churned }) =>
    [id, new Date(date).toISOString(), usage, plan, churned].join(','),
  );
  return `id,date,usage,plan,churned\n${lines.join('\n')}\n`;
}

/** The spec of such a model, with some sections replaced. */
export function liveSpec(changes: Readonly<Record<string, unknown>> = {}): string {
  return spec({
    data: { path: 'data.csv', key: 'id', time: 'date' },
    split: { by: 'time', validation: 0.1, test: 0.3 },
    features: { derive: [{ from: 'date', parts: ['hour', 'weekday', 'quarter'] }] },
    monitor: { traffic: 'traffic', labels: { path: 'labels/*.csv', key: 'id', delay: '2d' }, min_rows: 200 },
    ...changes,
  });
}

/** Those that the model learns from. */
export function trainingCustomers(): Customer[] {
  return customersOf({ rows: 100, days: TRAINING_DAYS, start: TRAINING_START, seed: 3 });
}

/** Trains the model; its bundle is at the place where train leaves it. */
export async function trainLive(project: Project, changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await project.write('data.csv', csvOf(trainingCustomers()));
  await project.write('mlops.yaml', liveSpec(changes));
  const { failure } = await project.run('train');
  if (failure !== undefined) throw new Error(failure);
}

export const BUNDLE = '.mlops-actions/bundle';

export interface LoggedAs {
  readonly version?: string;
  readonly digest?: string;
  /** Every so many rows are refused. */
  readonly refuseEvery?: number;
  /** Rename or leave out columns. */
  readonly rename?: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
}

/** Lets the model answer, and logs it as the server does. */
export async function logTraffic(project: Project, customers: readonly Customer[], as: LoggedAs = {}): Promise<void> {
  const bundle = await readBundle(join(project.directory, BUNDLE), 'the bundle');
  const { manifest } = bundle;
  const model = await openModel(await readFile(bundle.modelFile));
  const { scores } = await model.predict(tableOf(customers), { task: manifest.task, classes: manifest.classes });
  await model.close();
  const rename = (name: string): string | undefined => (as.rename && name in as.rename ? as.rename[name] : name);
  const columns = [
    { name: 'id', type: 'string', values: customers.map(({ id }) => id) },
    { name: 'date', type: 'timestamp', values: BigInt64Array.from(customers, ({ date }) => BigInt(date) * 1000n) },
    { name: 'usage', type: 'number', values: Float64Array.from(customers, ({ usage }) => usage) },
    { name: 'plan', type: 'string', values: customers.map(({ plan }) => plan) },
  ] as const;
  const kept = columns.flatMap((column) => {
    const name = rename(column.name);
    return name === undefined ? [] : [{ ...column, name }];
  });
  const block: TrafficBlock = {
    rows: customers.length,
    ids: customers.map(({ id }) => id),
    // Answered a minute after.
    times: Float64Array.from(customers, ({ date }) => date + 60_000),
    labels: customers.map((_, row) => manifest.classes[scores[row * 2 + 1]! >= 0.5 ? 1 : 0]!),
    scores,
    width: 2,
    problems: customers.map((_, row) =>
      as.refuseEvery && row % as.refuseEvery === 0 ? 'column usage: found "many", a number is accepted' : null,
    ),
    values: kept.map(({ values }) => values),
  };
  const source = {
    model: 'churn',
    version: as.version ?? 'v1.0.0',
    digest: as.digest ?? manifest.digest,
    columns: kept.map(({ name, type }) => ({ name, type })),
  };
  await writeTraffic(join(project.directory, as.folder ?? 'traffic'), source, [block]);
}

function tableOf(customers: readonly Customer[]): Table {
  const plans = ['', ...new Set(customers.map(({ plan }) => plan))];
  const columns = new Map<string, Column>([
    ['date', { type: 'timestamp', values: BigInt64Array.from(customers, ({ date }) => BigInt(date) * 1000n) }],
    ['usage', { type: 'number', values: Float64Array.from(customers, ({ usage }) => usage) }],
    ['plan', { type: 'string', codes: Uint32Array.from(customers, ({ plan }) => plans.indexOf(plan)), dictionary: plans }],
  ]);
  return { rows: customers.length, columns };
}

/** One week of traffic; weeks count from 0. */
export function week(number: number, changes: Partial<World> = {}): Customer[] {
  return customersOf({ rows: 80, days: 7, start: LIVE_START + number * 7 * DAY_MS, seed: 200 + number, ...changes });
}

/** Midnight after so many weeks, and some days. */
export function atEnd(weeks: number, days = 0): string {
  return new Date(LIVE_START + (weeks * 7 + days) * DAY_MS).toISOString();
}

export function labelsOf(customers: readonly Customer[]): string {
  return `id,churned\n${customers.map(({ id, churned }) => `${id},${churned}`).join('\n')}\n`;
}
