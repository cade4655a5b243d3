import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { MISSING_INTEGER } from '../../../shared/core/missing.js';
import type { Column, ColumnSchema, ColumnType, Labels, Table } from '../../../shared/data/table.js';
import type { DerivedFeature, Task } from '../../../shared/spec/schema.js';
import type { LabelledRows } from '../../../shared/training/labelled.js';

/** One of the three samples, split and ready to train on. */
export interface Sample {
  readonly task: Task;
  readonly schema: readonly ColumnSchema[];
  readonly use: readonly string[];
  readonly derive: DerivedFeature[] | undefined;
  readonly train: LabelledRows;
  readonly validation: LabelledRows;
  readonly test: LabelledRows;
}

interface Recipe {
  readonly task: Task;
  /** SQL that gives `label`, `part` (train, validation, test) and the raw columns, in a stable order. */
  readonly sql: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly use: readonly string[];
  readonly derive?: DerivedFeature[];
}

const file = (name: string): string =>
  fileURLToPath(new URL(`../../../node_modules/vega-datasets/data/${name}`, import.meta.url));

/** Flights, the last parts by time; `rows` of them, spread over the half year. */
export function flights(rows: number): Promise<Sample> {
  return load({
    task: 'binary',
    sql: `
      WITH flights AS (
        SELECT date, distance, origin, destination, (delay > 15)::VARCHAR AS label,
               row_number() OVER (ORDER BY date, origin, destination, distance, delay) AS place, count(*) OVER () AS total
        FROM '${file('flights-3m.parquet')}'
      ), chosen AS (
        SELECT *, row_number() OVER (ORDER BY place) AS rank FROM flights WHERE place % greatest(1, total // ${rows}) = 0
      )
      SELECT *, CASE WHEN rank > 0.8 * max(rank) OVER () THEN 'test' WHEN rank > 0.7 * max(rank) OVER () THEN 'validation' ELSE 'train' END AS part
      FROM chosen ORDER BY rank`,
    columns: { date: 'timestamp', distance: 'integer', origin: 'string', destination: 'string' },
    use: ['distance', 'origin', 'destination'],
    derive: [{ from: 'date', parts: ['month', 'hour', 'weekday', 'is_weekend'] }],
  });
}

/** Seattle's weather: five classes. */
export function seattleWeather(): Promise<Sample> {
  return load({
    task: 'multiclass',
    sql: `SELECT *, weather AS label, ${parts('row_number() OVER (ORDER BY date)')} FROM '${file('seattle-weather.csv')}' ORDER BY date`,
    columns: { date: 'date', precipitation: 'number', temp_max: 'number', temp_min: 'number', wind: 'number' },
    use: ['precipitation', 'temp_max', 'temp_min', 'wind'],
    derive: [{ from: 'date', parts: ['year', 'quarter', 'month', 'day'] }],
  });
}

/** Penguins, with their missing measures and sexes; body mass is the target. */
export function penguins(): Promise<Sample> {
  return load({
    task: 'regression',
    sql: `
      WITH penguins AS (SELECT *, row_number() OVER () AS place FROM read_json('${file('penguins.json')}'))
      SELECT Species AS species, Island AS island, "Beak Length (mm)" AS beak, "Beak Depth (mm)" AS depth, "Flipper Length (mm)" AS flipper,
             Sex AS sex, "Body Mass (g)" AS label, ${parts('place')} FROM penguins ORDER BY place`,
    columns: { species: 'string', island: 'string', beak: 'number', depth: 'number', flipper: 'integer', sex: 'string' },
    use: ['species', 'island', 'beak', 'depth', 'flipper', 'sex'],
  });
}

function parts(place: string): string {
  return `CASE ${place} * 7919 % 10 WHEN 0 THEN 'test' WHEN 1 THEN 'test' WHEN 2 THEN 'validation' ELSE 'train' END AS part`;
}

async function load(recipe: Recipe): Promise<Sample> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run('SET threads = 2');
    const selected = Object.entries(recipe.columns).map(([name, type]) => `${sqlOf(name, type)} AS ${name}`);
    const reader = await connection.runAndReadAll(`SELECT ${selected.join(', ')}, label, part FROM (${recipe.sql})`);
    const columns = reader.getColumnsObject() as Record<string, readonly unknown[]>;
    const labels = columns.label!;
    const classes = [...new Set(labels.filter((label) => label !== null).map(String))].sort();
    const rowsOf = (part: string): LabelledRows => {
      const index = columns.part!.flatMap((value, row) => (value === part ? [row] : []));
      const entries = Object.entries(recipe.columns).map(([name, type]) => {
        const cells = index.map((row) => columns[name]![row]);
        return [name, columnOf(type, cells)] as const;
      });
      const chosen = index.map((row) => labels[row]);
      const values: Labels =
        recipe.task === 'regression'
          ? { task: 'regression', values: Float64Array.from(chosen, (label) => (label === null ? Number.NaN : Number(label))) }
          : { task: recipe.task, classes, values: Int32Array.from(chosen, (label) => classes.indexOf(String(label))) };
      return { table: { rows: index.length, columns: new Map(entries) } satisfies Table, labels: values };
    };
    return {
      task: recipe.task,
      schema: Object.entries(recipe.columns).map(([name, type]) => ({ name, type })),
      use: recipe.use,
      derive: recipe.derive,
      train: rowsOf('train'),
      validation: rowsOf('validation'),
      test: rowsOf('test'),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function sqlOf(name: string, type: ColumnType): string {
  if (type === 'date' || type === 'timestamp') return `epoch_us(${name}::TIMESTAMP)`;
  if (type === 'integer') return `${name}::BIGINT`;
  return type === 'number' ? `${name}::DOUBLE` : `${name}::VARCHAR`;
}

function columnOf(type: ColumnType, cells: readonly unknown[]): Column {
  if (type === 'string') {
    const codeOf = new Map<string, number>([['', 0]]);
    const codes = Uint32Array.from(cells, (cell) => {
      const text = String(cell ?? '');
      const code = codeOf.get(text) ?? codeOf.size;
      codeOf.set(text, code);
      return code;
    });
    return { type, codes, dictionary: [...codeOf.keys()] };
  }
  if (type === 'number')
    return { type, values: Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell))) };
  if (type === 'boolean')
    return { type, values: Float32Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell))) };
  const values = new BigInt64Array(cells.length);
  for (const [row, cell] of cells.entries()) values[row] = cell === null ? MISSING_INTEGER : BigInt(cell as bigint);
  return { type, values };
}
