import { formatCompact, formatCount, formatNumber, formatShare } from '../../core/format.js';
import type { ColumnProfile, Finding, Profile, ProfileLimits } from './result.js';

/** What a user should look at, from the numbers of a profile. */

/** From here on a text has about one value a row. */
const ID_LIKE_SHARE = 0.95;
const FEWEST_FOR_ID = 50;

const MUCH_MISSING = 0.5;
const MANY_OUTLIERS = 0.02;
const SAME_COLUMN = 0.9999;

type Facts = Omit<Profile, 'findings'>;

const LEVELS = ['error', 'warning', 'note'] as const;

/** @param splitProblem why the spec's split cannot be made. @returns the worst first, then by column */
export function findProblems(facts: Facts, splitProblem?: string): Finding[] {
  const findings = [
    ...targetFindings(facts),
    ...(splitProblem === undefined ? [] : [{ kind: 'split', level: 'error', message: splitProblem } as const]),
    ...seenRows(facts),
    ...facts.columns.flatMap((column) => columnFindings(column, facts)),
    ...timeTravel(facts),
    ...standIns(facts),
    ...sameColumns(facts),
    ...duplicates(facts),
  ];
  return LEVELS.flatMap((level) => findings.filter((finding) => finding.level === level));
}

function targetFindings({ target, rows }: Facts): Finding[] {
  if (target.problem !== undefined) return [{ kind: 'target', level: 'error', column: target.name, message: target.problem }];
  if (target.missing === 0) return [];
  const share = `${formatCount(target.missing)} rows (${shareText(target.missing / rows)})`;
  return [
    {
      kind: 'target',
      level: 'warning',
      column: target.name,
      message: `The target \`${target.name}\` is missing in ${share}; they neither train nor judge.`,
    },
  ];
}

function seenRows({ split }: Facts): Finding[] {
  if (!split || split.leakage.rows === 0) return [];
  const { rows, share } = split.leakage;
  return [
    {
      kind: 'test rows seen',
      // Few may be the same by chance.
      level: share > 0.01 ? 'error' : 'note',
      message: `${formatCount(rows)} test rows (${shareText(share)}) stand among the training rows too, the same in every column but the key: the test would reward remembering. Remove duplicates, or split by a group.`,
    },
  ];
}

function duplicates({ duplicates: found }: Facts): Finding[] {
  const { rows, share } = found ?? { rows: 0, share: 0 };
  if (rows === 0) return [];
  const message = `${rows === 1 ? '1 row is' : `${formatCount(rows)} rows (${shareText(share)}) are`} equal to an earlier row in every column.`;
  return [{ kind: 'duplicates', level: share > 0.01 ? 'warning' : 'note', message }];
}

/** What is learned from the future: rows that are later than those that judge, and dates that are later than the event. */
function timeTravel({ later, split, columns, rows }: Facts): Finding[] {
  if (!later) return [];
  const time = columns.find(({ role }) => role === 'time')!.name;
  const found = later.map(({ column, rows: count }): Finding => {
    const isInput = columns.some(({ name, role }) => name === column && role === 'feature source');
    const message = `\`${column}\` is later than the event (\`${time}\`) in ${formatCount(count)} rows (${shareText(count / rows)}): what happened afterwards is not known when the prediction is made${isInput ? ', and features are derived from it' : ''}.`;
    return { kind: 'time travel', level: isInput ? 'error' : 'note', column, message };
  });
  if (split?.by !== 'hash') return found;
  const message = `Rows are divided at random, so the model learns from rows that are later than those that judge it. \`split: { by: time }\` judges it on what comes after, by \`${time}\`.`;
  return [...found, { kind: 'time travel', level: 'note', column: time, message }];
}

function standIns(facts: Facts): Finding[] {
  return facts.standIns.map(({ column, value, rows, rest }) => {
    const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
    const others = rest ? `, and all others are from ${formatCompact(rest.low)} to ${formatCompact(rest.high)}` : '';
    const message = `\`${column}\` is ${shown} in ${rows === 1 ? '1 row' : `${formatCount(rows)} rows`}${others}: it looks like a missing value, and is read as one like any other.`;
    return { kind: 'stand-in', level: 'warning', column, message };
  });
}

function columnFindings(column: ColumnProfile, facts: Facts): Finding[] {
  const found: Finding[] = [];
  const { name, type, role, missing } = column;
  const { rows, limits } = facts;
  const add = (kind: Finding['kind'], level: Finding['level'], message: string): void => {
    found.push({ kind, level, column: name, message });
  };
  const isInput = role === 'feature' || role === 'feature source';
  if (type === 'nested') {
    add('cannot be a feature', 'note', `\`${name}\` holds lists, objects or bytes; only SQL can read it.`);
    return found;
  }
  if (missing === rows) {
    add('all missing', isInput ? 'warning' : 'note', `\`${name}\` is missing in every row.`);
    return found;
  }
  const suspicion = isInput ? leakage(column, facts) : undefined;
  if (suspicion) add('leakage suspect', 'error', suspicion);
  const decided = isInput && !suspicion ? decidedGroup(column, facts) : undefined;
  if (decided) add('leakage suspect', 'warning', decided);
  const only = onlyValue(column, rows - missing);
  if (only) add('constant', 'warning', `\`${name}\` is constant: ${only} in every row that has a value.`);
  else if (mostFrequent(column) >= limits.nearConstant * rows) {
    const share = formatShare(mostFrequent(column) / rows, 2);
    add('near-constant', 'warning', `\`${name}\` has one value in ${share} of the rows.`);
  }
  if (isInput && isIdLike(column, rows)) {
    const count = formatCount(column.distinct!);
    add(
      'id-like',
      'warning',
      `\`${name}\` is id-like: ${count} different values in ${formatCount(rows - missing)} rows. \
A model can only learn it by heart; leave it out with \`features.exclude\`, or name it as \`data.key\`.`,
    );
  }
  if (missing >= MUCH_MISSING * rows) {
    add('missing', isInput ? 'warning' : 'note', `\`${name}\` is missing in ${formatShare(missing / rows)} of the rows.`);
  }
  const { numbers } = column;
  if (numbers && numbers.infinite > 0) {
    add(
      'infinite',
      'warning',
      `\`${name}\` is infinite, or nearly, in ${numbers.infinite === 1 ? '1 row' : `${formatCount(numbers.infinite)} rows`}.`,
    );
  }
  if (numbers && isInput && numbers.outliers >= MANY_OUTLIERS * rows) {
    const share = formatShare(numbers.outliers / rows);
    const quartiles = [0.25, 0.75].map((p) => formatCompact(numbers.quantiles.find((quantile) => quantile.p === p)!.value));
    add(
      'outliers',
      'note',
      `\`${name}\` has ${share} of its values far (three interquartile ranges) outside of its quartiles, ${quartiles.join(' and ')}.`,
    );
  }
  return found;
}

/** Why a column is suspected to hold the answer. */
function leakage({ name, relation }: ColumnProfile, { target, limits }: Facts): string | undefined {
  if (!relation) return undefined;
  const advice = 'Is it known when the prediction is made? If not, leave it out with `features.exclude`.';
  if (relation.auc !== undefined) {
    if (relation.auc < limits.leakageAuc) return undefined;
    return `\`${name}\` alone predicts \`${target.name}\` with an AUC of ${formatNumber(relation.auc, 3)}. ${advice}`;
  }
  if (relation.strength < limits.leakageVariance) return undefined;
  return `\`${name}\` alone explains ${formatShare(relation.strength)} of the variance of \`${target.name}\`. ${advice}`;
}

/** The tails of an honest feature may decide a class that is frequent anyway; one that at most so many rows have, hardly. */
const RARE_CLASS = 0.2;
const DECIDED_ROWS = 30;

/** Values of a column that leave no doubt about the class: often they were written down after the fact. */
function decidedGroup({ name, relation }: ColumnProfile, { target, limits }: Facts): string | undefined {
  const total = target.classes?.reduce((sum, { count }) => sum + count, 0) ?? 0;
  for (const group of relation?.groups ?? []) {
    if (group.rows < DECIDED_ROWS) continue;
    for (const [index, count] of (group.classes ?? []).entries()) {
      const overall = target.classes![index]!.count / total;
      if (overall > RARE_CLASS || count < limits.decidedGroup * group.rows) continue;
      return `Some values of \`${name}\` leave no doubt about \`${target.name}\`: ${formatShare(count / group.rows)} of ${formatCount(group.rows)} rows are \`${target.classes![index]!.value}\`, against ${formatShare(overall)} of all. Is it known when the prediction is made?`;
    }
  }
  return undefined;
}

/** The value that all rows with one share, for people. */
function onlyValue({ numbers, levels }: ColumnProfile, present: number): string | undefined {
  if (numbers) return numbers.min === numbers.max && numbers.median.rows === present ? 'one value' : undefined;
  return levels && levels.top.length + levels.other.levels === 1 ? 'one value' : undefined;
}

/** Rows of the most frequent value, where it may be near all of them. */
function mostFrequent({ numbers, levels }: ColumnProfile): number {
  return numbers?.median.rows ?? levels?.top[0]?.count ?? 0;
}

/** Texts with about a value a row; whole numbers that never repeat and fill their range. */
function isIdLike({ type, distinct, missing, numbers }: ColumnProfile, rows: number): boolean {
  const present = rows - missing;
  if (distinct === undefined || present < FEWEST_FOR_ID) return false;
  if (type === 'string') return distinct >= ID_LIKE_SHARE * present;
  return type === 'integer' && distinct === present && numbers!.max - numbers!.min < 10 * present;
}

function sameColumns({ correlations, associations }: Facts): Finding[] {
  const pairs = [
    ...correlations.pairs.filter(({ pearson }) => Math.abs(pearson) >= SAME_COLUMN),
    ...associations.pairs.filter(({ cramersV }) => cramersV >= SAME_COLUMN),
  ];
  return pairs.map(({ a, b }) => ({
    kind: 'same as another',
    level: 'note',
    column: b,
    message: `\`${a}\` and \`${b}\` say the same: either follows from the other.`,
  }));
}

/** A little is not nothing. */
function shareText(share: number): string {
  return share > 0 && share < 0.0005 ? '< 0.1 %' : formatShare(share);
}

/** The limits unless options say otherwise. */
export const DEFAULT_LIMITS: ProfileLimits = {
  smallestGroup: 5,
  leakageAuc: 0.95,
  leakageVariance: 0.9,
  decidedGroup: 0.99,
  nearConstant: 0.99,
  pairRows: 100_000,
};
