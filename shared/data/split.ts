import { UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import type { Spec } from '../spec/schema.js';
import { hashPositions } from './canonical.js';
import { columnKey } from './column-names.js';
import { type Cuts, checkShares, fittedCuts, plainCuts } from './cuts.js';
import type { Dataset } from './dataset.js';
import { HashIndex, hashWords } from './hash-index.js';
import type { PartShares, SplitRule } from './split-rule.js';
import { OUTSIDE, PARTS, type Part, type StringColumn } from './table.js';
import { assignByTime, fitTimeRule } from './time-split.js';
import { fitWindow, rowsInWindow } from './window.js';

/** Rows divided into parts, in the dataset's canonical order. */
export interface Split {
  readonly rule: SplitRule;
  /** Index into PARTS, a row; OUTSIDE for those before the window. */
  readonly parts: Uint8Array;
  readonly counts: Readonly<Record<Part, number>>;
  /** Test rows that stand again, the same in every raw column but the key, among train, validation or calibration. */
  readonly leakage: { readonly rows: number; readonly share: number };
  readonly notices: readonly string[];
}

type HashRule = Extract<SplitRule, { by: 'hash' }>;
type GroupRule = Extract<SplitRule, { by: 'group' }>;

const TRAIN = PARTS.indexOf('train');
const VALIDATION = PARTS.indexOf('validation');
const CALIBRATION = PARTS.indexOf('calibration');
const TEST = PARTS.indexOf('test');

/**
 * Divides the rows as the spec says.
 * @param options.frozen the rule of an earlier model. Where it means the same split (by, shares, columns), its columns
 * and cut points are used again, so that no row changes its part because rows or columns were added.
 * @param options.window only rows of the last so long (`90d`) are divided; see `fitWindow`
 * @throws UserError when a part that has a share is left empty, or a column is absent or of a wrong type
 */
export async function fitSplit(dataset: Dataset, spec: Spec, options: SplitOptions = {}): Promise<Split> {
  const division = await divideRows(dataset, spec, options);
  return { ...division, leakage: await findLeakage(dataset, spec, division.parts, division.counts.test) };
}

interface SplitOptions {
  readonly frozen?: SplitRule;
  readonly window?: string;
}

/** The same for who only needs to know which rows are held out: nothing is looked for among them. */
export async function divideRows(dataset: Dataset, spec: Spec, options: SplitOptions = {}): Promise<Omit<Split, 'leakage'>> {
  const { validation, calibration, test, by } = spec.split;
  const shares = { validation, calibration, test };
  checkShares(shares, dataset.locate(['split']));
  const notices: string[] = [];
  const { frozen } = options;
  const window = options.window === undefined ? undefined : await fitWindow(dataset, spec, options.window);
  const inside = window && (await rowsInWindow(dataset, window));
  const division =
    by === 'hash'
      ? await hashRule(dataset, spec, shares, frozen, notices)
      : by === 'time'
        ? await timeRule(dataset, spec, shares, frozen, inside)
        : await groupRule(dataset, by.group, shares, frozen);
  const { window: _earlier, ...divided } = division;
  const rule: SplitRule = { ...divided, ...(window && { window }) };
  const parts = await assignParts(dataset, rule);
  const counts = countParts(parts);
  if (inside) notices.push(windowNotice(options.window!, dataset.rows - PARTS.reduce((sum, part) => sum + counts[part], 0)));
  const empty = PARTS.filter((part) => counts[part] === 0 && (part === 'train' || shares[part] > 0));
  if (empty.length > 0) throw await emptyPartsError(dataset, spec, rule, counts, empty);
  return { rule, parts, counts, notices };
}

function windowNotice(window: string, left: number): string {
  return left === 0
    ? `no row is older than the last ${window}, so all are used`
    : `${formatCount(left)} rows are older than the last ${window} and are neither trained on nor held out`;
}

/**
 * The part of every row under a rule, of this model or another.
 * @returns indices into PARTS, or OUTSIDE, in the dataset's canonical order
 * @throws UserError when the data lacks a column that the rule needs
 */
export async function assignParts(dataset: Dataset, rule: SplitRule): Promise<Uint8Array> {
  const columns = rule.by === 'hash' ? rule.columns : [rule.column];
  requireColumns(dataset, [...columns, ...(rule.window ? [rule.window.column] : [])], rule);
  const parts = await divide(dataset, rule);
  if (!rule.window) return parts;
  const inside = await rowsInWindow(dataset, rule.window);
  return parts.map((part, row) => (inside[row] === 1 ? part : OUTSIDE));
}

async function divide(dataset: Dataset, rule: SplitRule): Promise<Uint8Array> {
  if (rule.by === 'time') return assignByTime(dataset, rule);
  const positions = hashPositions(await dataset.hashes(rule.by === 'hash' ? rule.columns : [rule.column]));
  if (rule.by === 'group') return partsOf(positions, () => rule.cut);
  const plain = rule.cuts['*'] ?? plainCuts(rule.shares);
  if (!isStratified(rule)) return partsOf(positions, () => plain);
  const classes = await dataset.labelText();
  const cuts = classes.dictionary.map((text, code) => (code > 0 && Object.hasOwn(rule.cuts, text) ? rule.cuts[text]! : plain));
  return partsOf(positions, (row) => cuts[classes.codes[row]!]!);
}

function requireColumns(dataset: Dataset, needed: readonly string[], rule: SplitRule): void {
  const absent = needed.filter((name) => !dataset.columnNames.includes(name));
  if (absent.length === 0) return;
  throw new UserError(
    `the split rule (by ${rule.by}) needs column ${absent.map((name) => JSON.stringify(name)).join(', ')}, which the data in ${dataset.files.join(', ')} does not have; without it nobody can say which rows the model trained on`,
  );
}

function partsOf(positions: Float64Array, cutsOf: (row: number) => Cuts): Uint8Array {
  const parts = new Uint8Array(positions.length);
  for (let row = 0; row < parts.length; row++) {
    const { test, validation, calibration } = cutsOf(row);
    const u = positions[row]!;
    parts[row] = u < test ? TEST : u < validation ? VALIDATION : u < calibration ? CALIBRATION : TRAIN;
  }
  return parts;
}

async function hashRule(
  dataset: Dataset,
  spec: Spec,
  shares: PartShares,
  frozen: SplitRule | undefined,
  notices: string[],
): Promise<HashRule> {
  const chosen = chosenColumns(dataset, spec);
  const reusable = frozen?.by === 'hash' && sameShares(frozen.shares, shares) ? frozen : undefined;
  const earlier = reusable && reusableColumns(dataset, reusable, chosen, notices);
  const columns = earlier ?? chosen ?? [...dataset.columnNames].sort();
  const positions = hashPositions(await dataset.hashes(columns));
  const classes = spec.task !== 'regression' && spec.split.stratify ? await dataset.labelText() : undefined;
  const stratified = classes && (!chosen || (await oneClassEach(dataset, columns, classes, notices))) ? classes : undefined;
  const base: HashRule = { by: 'hash', columns, shares, cuts: { '*': plainCuts(shares) } };
  const known = earlier && isStratified(reusable!) === (stratified !== undefined) ? reusable!.cuts : undefined;
  if (!stratified) return { ...base, cuts: known ?? base.cuts };
  return { ...base, cuts: { ...base.cuts, ...fitClassCuts(positions, stratified, shares), ...known } };
}

/** The columns that the spec names: the key, else hash_columns. Undefined: all columns. */
function chosenColumns(dataset: Dataset, spec: Spec): string[] | undefined {
  const { key } = spec.data;
  const path = key === undefined ? ['split', 'hash_columns'] : ['data', 'key'];
  const names = key === undefined ? spec.split.hash_columns : Array.isArray(key) ? key : [key];
  return names?.map((name) => dataset.column(name, dataset.locate(path)).name).sort();
}

function reusableColumns(
  dataset: Dataset,
  frozen: HashRule,
  chosen: readonly string[] | undefined,
  notices: string[],
): readonly string[] | undefined {
  if (chosen) return chosen.join('\0') === frozen.columns.join('\0') ? frozen.columns : undefined;
  const absent = frozen.columns.filter((name) => !dataset.columnNames.includes(name));
  if (absent.length === 0) return frozen.columns;
  notices.push(
    `the earlier model's split used column ${absent.map((name) => JSON.stringify(name)).join(', ')}, which the data no longer has; the rows are divided anew`,
  );
  return undefined;
}

/**
 * Whether rows of one hash have one class. Where they do not, cuts that differ by class would divide what the user's
 * key or hash_columns hold together.
 */
async function oneClassEach(
  dataset: Dataset,
  columns: readonly string[],
  classes: StringColumn,
  notices: string[],
): Promise<boolean> {
  const hashes = hashWords(await dataset.hashes(columns));
  const index = new HashIndex(dataset.rows);
  for (let row = 0; row < dataset.rows; row++) {
    const code = classes.codes[row]!;
    if (index.add(hashes[row * 4]!, hashes[row * 4 + 1]!, code) !== code) {
      notices.push(
        `rows with the same ${columns.join(', ')} have different classes, so the split is not stratified: that would put them into different parts`,
      );
      return false;
    }
  }
  return true;
}

function fitClassCuts(positions: Float64Array, classes: StringColumn, shares: PartShares): Record<string, Cuts> {
  const counts = new Uint32Array(classes.dictionary.length);
  for (const code of classes.codes) counts[code]!++;
  const byClass = Array.from(counts, (count) => new Float64Array(count));
  const filled = new Uint32Array(counts.length);
  for (let row = 0; row < positions.length; row++) {
    const code = classes.codes[row]!;
    byClass[code]![filled[code]!++] = positions[row]!;
  }
  const cuts: [string, Cuts][] = [];
  byClass.forEach((positionsOfClass, code) => {
    if (code > 0 && positionsOfClass.length > 0) {
      cuts.push([classes.dictionary[code]!, fittedCuts(positionsOfClass.sort(), shares)]);
    }
  });
  // fromEntries, because a class may be called "__proto__".
  return Object.fromEntries(cuts);
}

async function timeRule(
  dataset: Dataset,
  spec: Spec,
  shares: PartShares,
  frozen: SplitRule | undefined,
  inside: Uint8Array | undefined,
): Promise<SplitRule> {
  const { time } = spec.data;
  if (time === undefined) {
    throw new UserError({
      message: 'split by time needs data.time, the column with the time of the event',
      location: dataset.locate(['split', 'by']),
    });
  }
  const location = dataset.locate(['data', 'time']);
  const { name } = dataset.column(time, location);
  if (frozen?.by === 'time' && frozen.column === name && sameShares(frozen.shares, shares)) return frozen;
  return fitTimeRule(dataset, name, shares, location, inside);
}

async function groupRule(
  dataset: Dataset,
  group: string,
  shares: PartShares,
  frozen: SplitRule | undefined,
): Promise<GroupRule> {
  const { name } = dataset.column(group, dataset.locate(['split', 'by', 'group']));
  if (frozen?.by === 'group' && frozen.column === name && sameShares(frozen.shares, shares)) return frozen;
  const positions = hashPositions(await dataset.hashes([name]));
  return { by: 'group', column: name, shares, cut: fittedCuts(positions.sort(), shares) };
}

function isStratified(rule: HashRule): boolean {
  return Object.keys(rule.cuts).some((text) => text !== '*');
}

function sameShares(a: PartShares, b: PartShares): boolean {
  return a.test === b.test && a.validation === b.validation && a.calibration === b.calibration;
}

function countParts(parts: Uint8Array): Record<Part, number> {
  const counts = { train: 0, validation: 0, calibration: 0, test: 0 };
  for (const part of parts) if (part !== OUTSIDE) counts[PARTS[part]!]++;
  return counts;
}

async function emptyPartsError(
  dataset: Dataset,
  spec: Spec,
  rule: SplitRule,
  counts: Readonly<Record<Part, number>>,
  empty: readonly Part[],
): Promise<UserError> {
  const found = PARTS.map((part) => `${part} ${formatCount(counts[part])}`).join(', ');
  const fix = {
    hash: (rule.by === 'hash' && (await equalRowsText(dataset, spec, rule))) || 'add rows, or change the shares',
    time: 'there are too few different times; add rows, change the shares, or split by hash',
    group: 'there are too few groups; change the shares, or split by another column',
  }[rule.by];
  return new UserError({
    message: `the split by ${rule.by} leaves ${empty.join(' and ')} empty (${found} rows); ${fix}`,
    location: dataset.locate(['split']),
  });
}

/** What to do when most rows stand again: equal rows share a hash, so one part gets them all. Undefined when they do not. */
async function equalRowsText(dataset: Dataset, spec: Spec, rule: HashRule): Promise<string | undefined> {
  const different = new Set(hashPositions(await dataset.hashes(rule.columns))).size;
  if (different * 2 > dataset.rows) return undefined;
  const found = `the ${formatCount(dataset.rows)} rows have only ${formatCount(different)} different`;
  const reason = 'equal ones share a hash and so a part';
  if (spec.data.key !== undefined) return `${found} values of data.key, and ${reason}; name a key that tells rows apart`;
  if (spec.split.hash_columns) {
    return `${found} values of split.hash_columns, and ${reason}; add columns to them, or set data.key`;
  }
  return `${found} contents, and ${reason}; data.key is missing: name the column that tells rows apart`;
}

async function findLeakage(dataset: Dataset, spec: Spec, parts: Uint8Array, testRows: number): Promise<Split['leakage']> {
  const keys = spec.data.key === undefined ? [] : [spec.data.key].flat().map(columnKey);
  const columns = dataset.columnNames.filter((name) => !keys.includes(columnKey(name)));
  if (columns.length === 0 || testRows === 0) return { rows: 0, share: 0 };
  const hashes = hashWords(await dataset.hashes(columns));
  const seen = new HashIndex(parts.length - testRows);
  for (let row = 0; row < parts.length; row++) {
    if (parts[row] !== TEST && parts[row] !== OUTSIDE) seen.add(hashes[row * 4]!, hashes[row * 4 + 1]!, 0);
  }
  let rows = 0;
  for (let row = 0; row < parts.length; row++) {
    if (parts[row] === TEST && seen.has(hashes[row * 4]!, hashes[row * 4 + 1]!)) rows += 1;
  }
  return { rows, share: rows / testRows };
}
