import type { DuckDBConnection, DuckDBResultReader } from '@duckdb/node-api';
import { type Location, messageOf, UserError } from '../../core/errors.js';
import { identifier } from '../sql.js';
import { TimeLimitError, withTimeLimit } from '../time-limit.js';
import type { CompiledRule, Measured, RowOrder } from './rule.js';

/** A condition of the user's that has been let through the fence. */
export interface OwnCondition {
  /** In parentheses, ready to stand in our query. */
  readonly sql: string;
  readonly columns: readonly string[];
  /** As the user wrote it. */
  readonly text: string;
  readonly location: Location;
}

export interface SampleRow {
  readonly row: number;
  readonly value: string;
}

/** Failing rows of a rule that are shown. */
export const SAMPLES = 5;
const LONGEST_SAMPLE = 80;

/**
 * What the aggregates of all rules give: one query over the rows, one more when rules compare a row with the one before
 * it, and one for what fails: how many rows where that is not known yet, and the details.
 * @throws UserError when a condition of the user's fails on the data, or takes too long
 */
export async function measure(
  connection: DuckDBConnection,
  rules: readonly CompiledRule[],
  conditions: readonly OwnCondition[],
): Promise<Measured[]> {
  const row: Record<string, unknown> = {};
  const ask = async (query: string | undefined): Promise<void> => {
    if (query) Object.assign(row, (await runMeasured(connection, query, conditions)).getRowObjectsJS()[0]);
  };
  await ask(aggregateQuery(rules, firstAggregates));
  await ask(orderQuery(rules));
  for (const [index, { proof }] of rules.entries()) {
    if (proof !== undefined && row[alias(index, 'proof')] === true) row[alias(index, 'failing')] = 0;
  }
  await ask(
    aggregateQuery(rules, ({ aggregates: { failing }, details }, index) => {
      const count = row[alias(index, 'failing')];
      if (count === undefined) return failing === undefined ? undefined : { failing, ...details };
      return Number(count) > 0 ? details : undefined;
    }),
  );
  return rules.map((_, index) => ({
    number: (name) => {
      const value = row[alias(index, name)];
      return value === null || value === undefined ? Number.NaN : Number(value);
    },
    text: (name) => {
      const value = row[alias(index, name)];
      return value === null || value === undefined ? undefined : String(value);
    },
  }));
}

/** Where a proof may do, rows are not counted yet. */
function firstAggregates({ aggregates, proof }: CompiledRule): CompiledRule['aggregates'] {
  if (proof === undefined) return aggregates;
  const { failing: _, ...others } = aggregates;
  return { ...others, proof };
}

async function runMeasured(
  connection: DuckDBConnection,
  query: string,
  conditions: readonly OwnCondition[],
): Promise<DuckDBResultReader> {
  const run = () => connection.runAndReadAll(query);
  try {
    return await (conditions.length > 0 ? withTimeLimit(connection, run) : run());
  } catch (error) {
    const mistake = await culprit(connection, conditions);
    if (mistake) throw mistake;
    // No condition is slow by itself: there is much data, and the limit is not for our own rules.
    if (!(error instanceof TimeLimitError)) throw error;
    return run();
  }
}

/** Each distinct aggregate once, whichever rules ask for it. */
function aggregateQuery(
  rules: readonly CompiledRule[],
  wanted: (rule: CompiledRule, index: number) => CompiledRule['aggregates'] | undefined,
): string | undefined {
  const names = new Map<string, string>();
  const selected: string[] = [];
  for (const [index, rule] of rules.entries()) {
    for (const [name, sql] of Object.entries(wanted(rule, index) ?? {})) {
      const known = names.get(sql) ?? `a${names.size}`;
      names.set(sql, known);
      selected.push(`${known} AS ${identifier(alias(index, name))}`);
    }
  }
  if (selected.length === 0) return undefined;
  const aggregates = [...names].map(([sql, name]) => `${sql} AS ${name}`);
  return `SELECT ${selected.join(', ')}\nFROM (SELECT ${aggregates.join(',\n  ')}\nFROM source)`;
}

function orderQuery(rules: readonly CompiledRule[]): string | undefined {
  const ordered = rules.flatMap(({ order }, index) => (order ? [{ order, index }] : []));
  if (ordered.length === 0) return undefined;
  const values = ordered.map(({ order, index }) => `${order.value} AS v${index}`);
  const before = ordered.map(({ index }) => `v${index}, ${previous(`v${index}`)} AS p${index}`);
  const counts = ordered.map(
    ({ order, index }) =>
      `count(*) FILTER (WHERE v${index} ${order.breaks} p${index}) AS ${identifier(alias(index, 'failing'))}`,
  );
  return `SELECT ${counts.join(', ')} FROM (SELECT ${before.join(', ')} FROM (SELECT __row, ${values.join(', ')} FROM source))`;
}

function previous(value: string): string {
  return `lag(${value} IGNORE NULLS) OVER (ORDER BY __row)`;
}

function alias(index: number, name: string): string {
  return `r${index}_${name}`;
}

/** Which condition made a query fail: they run one by one. Undefined when none did: then it is our bug. */
async function culprit(connection: DuckDBConnection, conditions: readonly OwnCondition[]): Promise<UserError | undefined> {
  for (const { sql, text, location } of conditions) {
    try {
      await withTimeLimit(connection, () => connection.run(`SELECT count(*) FILTER (WHERE ${sql}) FROM source`));
    } catch (error) {
      const reason = messageOf(error).split('\n')[0];
      return new UserError({ message: `SQL ${JSON.stringify(text)} fails on the data: ${reason}`, location }, { cause: error });
    }
  }
  return undefined;
}

/** The first failing rows of each rule, in the order of the data: one query for all. */
export async function sampleRows(
  connection: DuckDBConnection,
  rules: readonly CompiledRule[],
): Promise<ReadonlyMap<CompiledRule, SampleRow[]>> {
  // A sorted LIMIT a rule is several times faster than one scan that gathers lists for all.
  const selected = rules.flatMap((rule, index) => {
    const rows = rule.order ? disorderQuery(index, rule.order) : rule.rows && failingQuery(index, rule.rows);
    return rows ? [`(${rows} ORDER BY __row LIMIT ${SAMPLES})`] : [];
  });
  if (selected.length === 0) return new Map();
  const reader = await connection.runAndReadAll(`SELECT * FROM (${selected.join('\nUNION ALL\n')}) ORDER BY rule, __row`);
  const samples = new Map<CompiledRule, SampleRow[]>();
  for (const { rule: index, __row: row, value } of reader.getRowObjectsJson()) {
    const rule = rules[Number(index)]!;
    const shown = samples.get(rule) ?? [];
    shown.push({ row: Number(row), value: shorten(value === null ? '(missing)' : String(value)) });
    samples.set(rule, shown);
  }
  return samples;
}

function failingQuery(index: number, { condition, value, repeats, firstToo }: NonNullable<CompiledRule['rows']>): string {
  const same = repeats && `PARTITION BY ${repeats.join(', ')}`;
  const which = same && (firstToo ? `count(*) OVER (${same}) > 1` : `row_number() OVER (${same} ORDER BY __row) > 1`);
  return `SELECT ${index} AS rule, __row, ${value} AS value FROM source WHERE ${condition} ${which ? `QUALIFY ${which}` : ''}`;
}

function disorderQuery(index: number, { value, breaks }: RowOrder): string {
  const values = `SELECT __row, v, ${previous('v')} AS p FROM (SELECT __row, ${value} AS v FROM source)`;
  const shown = "concat(CAST(v AS VARCHAR), ' after ', CAST(p AS VARCHAR))";
  return `SELECT ${index} AS rule, __row, ${shown} AS value FROM (${values}) WHERE v ${breaks} p`;
}

function shorten(text: string): string {
  return text.length > LONGEST_SAMPLE ? `${text.slice(0, LONGEST_SAMPLE)}…` : text;
}
