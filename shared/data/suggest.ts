import type { DuckDBConnection } from '@duckdb/node-api';
import { formatCompact, formatCount, formatShare } from '../core/format.js';
import { readRows } from './duckdb.js';
import type { ColumnProfile, Profile, StandIn } from './profile/result.js';
import { identifier } from './sql.js';

/**
 * A contract that the data keeps, from what was seen in it: with slack, since the next file is never quite the same, and
 * without rules that time would break by itself (a newest date, a largest id).
 */

/** A rule and what it was made from, for the comment beside it. */
export interface SuggestedRule {
  readonly key: string;
  readonly value: unknown;
  readonly seen: string;
}

export interface SuggestedColumn {
  readonly name: string;
  readonly rules: readonly SuggestedRule[];
}

export interface SuggestedContract {
  readonly columns: readonly SuggestedColumn[];
  /** Rules of the whole table. */
  readonly table: readonly SuggestedRule[];
}

/** So many values are a list that people read. */
const MOST_LISTED = 20;
/** A list of values needs that each was met so often, on average. */
const ROWS_A_VALUE = 10;
/** Values without a name may be so many of the rows, where the others are listed. */
const RARE_SHARE = 0.01;
const FEWEST_FOR_MEAN = 100;
const FEWEST_FOR_UNIQUE = 50;
const LONGEST_PATTERN = 30;
const LARGEST_SAFE = 2 ** 53;

/** Formats of dates that are held as text; each is taken only where it reads every value. */
const FORMATS = ['%Y-%m-%d', '%d.%m.%Y', '%m/%d/%Y', '%m/%d/%y', '%d/%m/%Y', '%b %d %Y', '%d %b %Y', '%Y%m%d', '%Y/%m/%d'];

type Facts = Pick<Profile, 'rows' | 'sample' | 'columns' | 'standIns' | 'limits'>;

/**
 * @param key columns that name a row, as the spec says
 * @param from a table or view of all rows that the facts are of
 */
export async function suggestContract(
  connection: DuckDBConnection,
  facts: Facts,
  key: readonly string[] = [],
  from = 'source',
): Promise<SuggestedContract> {
  const columns: SuggestedColumn[] = [];
  for (const column of facts.columns) {
    // Lists and objects are for SQL only: there is no rule for them.
    if (column.type !== 'nested')
      columns.push({ name: column.name, rules: await rulesOf({ connection, from }, column, facts) });
  }
  const table: SuggestedRule[] = [
    { key: 'rows', value: { min: leading(facts.rows / 2) }, seen: `seen: ${formatCount(facts.rows)} rows` },
  ];
  if (key.length > 1 && (await isUnique({ connection, from }, key))) {
    table.push({ key: 'unique', value: [key], seen: 'seen: no combination stands twice' });
  }
  return { columns, table };
}

/** Where the rows are. */
interface Rows {
  readonly connection: DuckDBConnection;
  readonly from: string;
}

async function rulesOf(place: Rows, column: ColumnProfile, facts: Facts): Promise<SuggestedRule[]> {
  const { type, missing, name } = column;
  const { rows } = facts;
  if (missing === rows) return [{ key: 'required', value: true, seen: 'seen: missing in every row' }];
  const standIns = facts.standIns.filter((standIn) => standIn.column === name);
  const values =
    type === 'string'
      ? await textRules(place, column, standIns, facts)
      : type === 'integer' || type === 'number'
        ? numberRules(column, standIns, facts)
        : type === 'date' || type === 'timestamp'
          ? dateRules(column)
          : { rules: [], failing: 0 };
  const seemsOne = standIns.length === 0 && values.failing === 0 && isUniqueColumn(column, rows);
  // Of a sample's facts the number of different values is an estimate.
  const isOne = seemsOne && (facts.sample === undefined || (await isUnique(place, [name])));
  return [
    { key: 'type', value: type, seen: '' },
    missingRule(missing, rows),
    ...(isOne ? [{ key: 'unique', value: true, seen: 'seen: no value stands twice' }] : []),
    ...values.rules,
    ...allowance(values.failing, standIns, rows),
  ];
}

function missingRule(missing: number, rows: number): SuggestedRule {
  const share = missing / rows;
  const max = missing === 0 ? 0 : Math.min(1, Math.ceil((share * 1.25 + 0.01) * 100) / 100);
  const seen = missing === 0 ? 'seen: none missing' : `seen: ${formatCount(missing)} missing (${shareText(share)})`;
  return { key: 'missing', value: { max }, seen };
}

/** The rows that already break a rule of the column may do so, and some more. */
function allowance(failing: number, standIns: readonly StandIn[], rows: number): SuggestedRule[] {
  if (failing === 0) return [];
  const value = Math.min(1, Math.ceil((failing / rows) * 1500 + 1) / 1000);
  const named = standIns.map(
    ({ value: one, rows: count }) => `${typeof one === 'string' ? JSON.stringify(one) : one} in ${formatCount(count)}`,
  );
  const seen =
    named.length > 0
      ? `seen: ${named.join(', ')} of ${formatCount(rows)} rows, which looks like a missing value; make it one, and remove this line`
      : `seen: ${formatCount(failing)} of ${formatCount(rows)} rows beyond the rules above`;
  return [{ key: 'max_failing', value, seen }];
}

function isUniqueColumn({ role, distinct, missing, type, length }: ColumnProfile, rows: number): boolean {
  if (missing > 0 || distinct !== rows || type === 'number' || type === 'date' || type === 'timestamp') return false;
  if (role === 'key') return true;
  return rows >= FEWEST_FOR_UNIQUE && (length?.max ?? 0) <= 40;
}

interface ValueRules {
  readonly rules: readonly SuggestedRule[];
  /** Rows that break them already. */
  readonly failing: number;
}

function numberRules(column: ColumnProfile, standIns: readonly StandIn[], { rows }: Facts): ValueRules {
  const { numbers, type, distinct = 0, missing, role } = column;
  if (!numbers) return { rules: [], failing: 0 };
  const { min, max, mean, sd, infinite } = numbers;
  const failing = infinite + standIns.reduce((sum, standIn) => sum + standIn.rows, 0);
  const rest = standIns.flatMap((standIn) => standIn.rest ?? []);
  const low = Math.max(min, ...rest.map((one) => one.low));
  const high = Math.min(max, ...rest.map((one) => one.high));
  if (Math.max(Math.abs(low), Math.abs(high)) >= LARGEST_SAFE) return { rules: [], failing: 0 };
  const seen = `seen: ${plain(low)} to ${plain(high)}`;
  if (type === 'integer' && distinct === 2 && failing === 0 && rows >= 2 * ROWS_A_VALUE) {
    return { rules: [{ key: 'enum', value: [low, high], seen: 'seen: two values' }], failing };
  }
  const bounds = boundsOf(low, high);
  const isId = role === 'key' || (type === 'integer' && distinct === rows - missing && distinct >= FEWEST_FOR_UNIQUE);
  const hasMean = !isId && failing === 0 && sd !== undefined && sd > 0 && rows - missing >= FEWEST_FOR_MEAN && distinct > 2;
  return {
    failing,
    rules: [
      { key: 'min', value: bounds.low, seen },
      // Ids grow by themselves.
      ...(isId ? [] : [{ key: 'max', value: bounds.high, seen }]),
      ...(hasMean
        ? [
            {
              key: 'mean',
              value: { min: outward(mean - sd / 2, sd / 2, -1), max: outward(mean + sd / 2, sd / 2, 1) },
              seen: `seen: ${formatCompact(mean)}, give or take half a standard deviation (${formatCompact(sd)})`,
            },
          ]
        : []),
    ],
  };
}

/** A tenth of the range more at either end; never below 0, nor beyond a share, where nothing was. */
function boundsOf(low: number, high: number): { low: number; high: number } {
  const isShare = low >= 0 && high <= 1 && !(low === 0 && high === 0);
  if (isShare) return { low: 0, high: 1 };
  const slack = low === high ? Math.max(1, Math.abs(low) / 10) : (high - low) / 10;
  const below = outward(low - slack, slack, -1);
  const above = outward(high + slack, slack, 1);
  return { low: low >= 0 ? Math.max(0, below) : below, high: high <= 0 ? Math.min(0, above) : above };
}

/** Rounded away from the values, to a digit that the slack can spare. */
function outward(value: number, slack: number, direction: 1 | -1): number {
  const step = 10 ** Math.floor(Math.log10(slack));
  const rounded = direction < 0 ? Math.floor(value / step) * step : Math.ceil(value / step) * step;
  return Number(rounded.toPrecision(12));
}

function dateRules({ numbers }: ColumnProfile): ValueRules {
  if (!numbers || numbers.infinite > 0) return { rules: [], failing: 0 };
  const day = (microseconds: number): string => new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 10);
  const [first, last] = [day(numbers.min), day(numbers.max)];
  if (!/^\d{4}-/.test(first)) return { rules: [], failing: 0 };
  return { rules: [{ key: 'min', value: first, seen: `seen: ${first} to ${last}; newer ones will come` }], failing: 0 };
}

async function textRules(
  place: Rows,
  column: ColumnProfile,
  standIns: readonly StandIn[],
  { rows }: Facts,
): Promise<ValueRules> {
  const { levels, length, name, distinct = 0, role, missing } = column;
  if (!levels || !length) return { rules: [], failing: 0 };
  const isStandIn = (value: string): boolean => standIns.some((standIn) => standIn.value === value);
  const stood = standIns.reduce((sum, standIn) => sum + standIn.rows, 0);
  const listed = levels.top.filter(({ value }) => !isStandIn(value)).slice(0, MOST_LISTED);
  const rare = rows - missing - stood - listed.reduce((sum, { count }) => sum + count, 0);
  const isList = listed.length > 0 && listed.length * ROWS_A_VALUE <= rows && rare <= RARE_SHARE * rows && role !== 'key';
  if (isList && listed.every(({ value }) => !value.endsWith('…'))) {
    const seen =
      rare === 0
        ? `seen: these ${formatCount(listed.length)}`
        : `seen: these, and ${formatCount(distinct - listed.length)} rare ones`;
    return { rules: [{ key: 'enum', value: listed.map(({ value }) => value), seen }], failing: stood + rare };
  }
  const others = standIns.map(({ value }) => String(value));
  const format = await formatOf(place, name, others);
  if (format) return { rules: [{ key: 'format', value: format, seen: 'seen: every value is such a date' }], failing: stood };
  const pattern = length.max <= LONGEST_PATTERN ? await patternOf(place, name, others) : undefined;
  if (pattern)
    return {
      rules: [{ key: 'pattern', value: pattern.regex, seen: `seen: all values look like ${pattern.shape}` }],
      failing: stood,
    };
  const value = { max: Math.ceil(length.max * 1.5) };
  return {
    rules: [
      {
        key: 'length',
        value,
        seen: `seen: ${length.min} to ${length.max} characters, ${formatCount(distinct)} different texts`,
      },
    ],
    failing: 0,
  };
}

/** SQL of the texts of a column that are values. */
function textsOf(from: string, name: string, others: readonly string[]): string {
  const value = identifier(name);
  const not = others.map((text) => ` AND ${value} <> '${text.replaceAll("'", "''")}'`).join('');
  return `SELECT ${value} AS v FROM ${from} WHERE ${value} IS NOT NULL AND ${value} <> ''${not}`;
}

async function formatOf({ connection, from }: Rows, name: string, others: readonly string[]): Promise<string | undefined> {
  const texts = textsOf(from, name, others);
  const failing = FORMATS.map((format, index) => `count(*) FILTER (WHERE try_strptime(v, '${format}') IS NULL) AS f${index}`);
  // Most columns are no dates, and few rows show it.
  const [few = {}] = await readRows(connection, `SELECT ${failing.join(', ')} FROM (${texts} LIMIT 100)`);
  const possible = FORMATS.flatMap((_, index) => (Number(few[`f${index}`]) === 0 ? [index] : []));
  if (possible.length === 0) return undefined;
  const [all = {}] = await readRows(connection, `SELECT ${possible.map((index) => failing[index]).join(', ')} FROM (${texts})`);
  const found = possible.find((index) => Number(all[`f${index}`]) === 0);
  return found === undefined ? undefined : FORMATS[found];
}

/** A regular expression where all values have one shape: the same kinds of characters in the same places. */
async function patternOf(
  { connection, from }: Rows,
  name: string,
  others: readonly string[],
): Promise<{ readonly regex: string; readonly shape: string } | undefined> {
  const replaced = ['[0-9]:0', '[a-z]:a', '[A-Z]:A'].reduce((sql, rule) => {
    const [from, to] = rule.split(':');
    return `regexp_replace(${sql}, '${from}', '${to}', 'g')`;
  }, 'v');
  const shapes = await readRows(
    connection,
    `SELECT shape FROM (SELECT ${replaced} AS shape FROM (${textsOf(from, name, others)})) GROUP BY shape LIMIT 2`,
  );
  const shape = shapes.length === 1 ? String(shapes[0]!.shape) : '';
  if (!/[0aA]/.test(shape) || /[^\x20-\x7e]/.test(shape)) return undefined;
  const classes: Readonly<Record<string, string>> = { '0': '[0-9]', a: '[a-z]', A: '[A-Z]' };
  const regex = shape.replace(/(.)\1*/g, (run, character: string) => {
    const one = classes[character] ?? character.replace(/[^A-Za-z0-9 _]/, '\\$&');
    return run.length === 1 ? one : `${one}{${run.length}}`;
  });
  return { regex, shape };
}

async function isUnique({ connection, from }: Rows, columns: readonly string[]): Promise<boolean> {
  const names = columns.map(identifier).join(', ');
  const found = await readRows(connection, `SELECT 1 AS one FROM ${from} GROUP BY ${names} HAVING count(*) > 1 LIMIT 1`);
  return found.length === 0;
}

/** Rounded down to one digit. */
function leading(value: number): number {
  if (value < 1) return 1;
  const step = 10 ** Math.floor(Math.log10(value));
  return Math.floor(value / step) * step;
}

function plain(value: number): string {
  return String(Number(value.toPrecision(12)));
}

function shareText(share: number): string {
  return share < 0.0005 ? '< 0.1 %' : formatShare(share);
}
