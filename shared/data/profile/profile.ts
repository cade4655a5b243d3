import { UserError } from '../../core/errors.js';
import { formatCount } from '../../core/format.js';
import type { Progress } from '../../core/progress.js';
import type { Spec } from '../../spec/schema.js';
import { canonicalText } from '../canonical.js';
import { columnKey } from '../column-names.js';
import type { Dataset, LabelColumn } from '../dataset.js';
import { featureColumns } from '../default-features.js';
import { hashWords } from '../hash-index.js';
import type { SampleRequest } from '../row-sample.js';
import { fitSplit } from '../split.js';
import { identifier } from '../sql.js';
import type { ColumnType } from '../table.js';
import { evaluated } from '../time-limit.js';
import { axis, type Described, type Description, describeColumns, isOrdered, levelNumber } from './columns.js';
import { DEFAULT_LIMITS, findProblems } from './findings.js';
import { associate, correlate, type NamedColumn } from './pairs.js';
import { type RelationTarget, relationTo } from './relation.js';
import type { ColumnProfile, ColumnRole, Profile, ProfileLimits, TargetProfile } from './result.js';
import { findStandIns } from './stand-ins.js';
import { findLater } from './time.js';
import { ofEverything } from './whole.js';

export interface ProfileOptions {
  readonly limits?: Partial<ProfileLimits>;
  readonly progress?: Progress;
}

/** What many rows are explored by (see `Profile.sample`); the ranks of quantiles are then within 0.3 % of the rows. */
export const PROFILE_SAMPLE: SampleRequest = { above: 1_000_000, rows: 200_000 };

/** Classes beyond this are counted together. */
export const MOST_CLASSES = 20;

/**
 * What there is to know of the data: columns, their relation to the target and to each other, and what looks wrong.
 * A target or a split that cannot be used is a finding, since that is what one explores the data for.
 * @throws UserError where the spec names columns that are not there, or the target's expression fails on the data
 */
export async function profileDataset(dataset: Dataset, spec: Spec, options: ProfileOptions = {}): Promise<Profile> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { connection, rows } = dataset;
  const label = await dataset.labelColumn();
  const { sql } = spec.target;
  if (sql !== undefined) {
    // All that follows reads the target: its expression is tried by itself, so that a mistake in it is said at its place.
    const all = `SELECT max(hash(${label.sql})) FROM ${dataset.everything?.from ?? 'source'}`;
    await evaluated(sql, dataset.locate(label.path), connection, undefined, () => connection.run(all));
  }
  const roles = await rolesOf(dataset, spec, label);
  options.progress?.(`profiling ${formatCount(rows)} rows in ${formatCount(dataset.columnNames.length)} columns`);

  const nested = new Set(dataset.columnNames.filter((name) => dataset.schema.every((column) => column.name !== name)));
  const columns = dataset.columnNames.map((name) => {
    const type = nested.has(name) ? ('nested' as const) : dataset.schema.find((column) => column.name === name)!.type;
    return { name, column: { sql: identifier(name), type } };
  });
  // The target last: as one more column, in its own type, and for classes as canonical text.
  const target: Described = { sql: label.sql, type: label.type };
  const classText: Described =
    label.type === 'boolean' ? target : { sql: canonicalText(label.sql, label.type), type: 'string' };
  const targetColumn = spec.task === 'regression' ? target : classText;
  const described = await describeColumns(
    connection,
    [...columns.map(({ column }) => column), targetColumn],
    rows,
    limits.smallestGroup,
  );
  const named: NamedColumn[] = columns.map((column, index) => ({ ...column, description: described[index]! }));
  const { profile: targetProfile, relation } = await targetOf(dataset, spec, label, described.at(-1)!);

  options.progress?.('relating columns to the target and to each other');
  const profiles: ColumnProfile[] = [];
  for (const { name, column, description } of named) {
    const role = roles.get(columnKey(name)) ?? 'unused';
    const related =
      role === 'target' || !relation
        ? undefined
        : await relationTo(connection, relation, column, description, limits.smallestGroup);
    profiles.push({ name, role, ...description.profile, ...(related && { relation: related }) });
  }
  const pairable = named.filter(({ name }) => roles.get(columnKey(name)) !== 'key');
  const numeric = pairable.filter(({ column: { type } }) => type === 'integer' || type === 'number');
  const texts = pairable.filter(({ column: { type } }) => type === 'string' || type === 'boolean');
  const time = profiles.find(({ role, type }) => role === 'time' && (type === 'date' || type === 'timestamp'))?.name;
  const repeated = repeatedRows(await dataset.hashes());
  const divided = await tryTo(() => fitSplit(dataset, spec));
  const facts: Omit<Profile, 'findings'> = {
    format: 1,
    kind: 'profile',
    model: spec.name,
    task: spec.task,
    files: dataset.files,
    rows,
    target: targetProfile,
    columns: profiles,
    correlations: await correlate(connection, numeric, rows, limits.pairRows),
    associations: await associate(connection, texts, rows, limits.pairRows),
    duplicates: { rows: repeated, share: repeated / rows },
    ...(divided.value && {
      split: { by: divided.value.rule.by, counts: divided.value.counts, leakage: divided.value.leakage },
    }),
    ...(time !== undefined && { later: await findLater(connection, profiles, time) }),
    standIns: await findStandIns(connection, profiles, rows),
    notices: dataset.notices,
    limits,
  };
  // The split divides by the classes: what is wrong with them has been said.
  const splitProblem = targetProfile.problem === undefined ? divided.problem : undefined;
  const whole = dataset.everything ? await ofEverything(connection, dataset.everything, facts, targetColumn) : facts;
  return { ...whole, findings: findProblems(whole, splitProblem) };
}

/** What each column is in the spec, by its key. */
export async function rolesOf(
  dataset: Pick<Dataset, 'schema' | 'columnNames' | 'labelColumn' | 'locate'>,
  spec: Spec,
  label: LabelColumn,
): Promise<ReadonlyMap<string, ColumnRole>> {
  const roles = new Map<string, ColumnRole>();
  const set = (names: string | readonly string[] | undefined, role: ColumnRole): void => {
    for (const name of [names ?? []].flat()) roles.set(columnKey(name), role);
  };
  const { time, key, weight } = spec.data;
  for (const item of spec.features.derive ?? []) set(item.from, 'feature source');
  set(await featureColumns(dataset, spec, dataset.locate), 'feature');
  if (typeof spec.split.by === 'object') set(spec.split.by.group, 'group');
  set(weight, 'weight');
  set(time, 'time');
  set(key, 'key');
  set(label.columns, spec.target.sql === undefined ? 'target' : 'target source');
  return roles;
}

interface Target {
  readonly profile: TargetProfile;
  /** What columns are related to; undefined when a numeric target is no number. */
  readonly relation?: RelationTarget;
}

async function targetOf(dataset: Dataset, spec: Spec, label: LabelColumn, description: Description): Promise<Target> {
  const labels = await tryTo(() => dataset.labels());
  const base = {
    ...description.profile,
    type: label.type,
    name: label.name,
    ...(spec.target.sql !== undefined && { sql: spec.target.sql }),
    ...(labels.problem !== undefined && { problem: labels.problem }),
  };
  if (spec.task === 'regression') {
    const { numbers } = description.profile;
    const isNumber = label.type === 'integer' || label.type === 'number';
    if (!isNumber || !isOrdered(label.type) || !numbers) return { profile: base };
    const value = axis({ sql: label.sql, type: label.type });
    return { profile: base, relation: { kind: 'numeric', value, mean: numbers.mean } };
  }
  const order = labels.value && labels.value.task !== 'regression' ? labels.value.classes : [];
  const { levels } = description.profile;
  const counts = new Map(description.levels.map((text, index) => [text, levels!.top[index]!] as const));
  const known = [...counts.keys()].slice(0, MOST_CLASSES);
  const texts = order.length === known.length && order.every((text) => counts.has(text)) ? order : known;
  const { length: _, ...values } = base;
  const named = texts.map((text) => counts.get(text)!);
  const left = dataset.rows - base.missing - named.reduce((sum, { count }) => sum + count, 0);
  const classes = [...named, ...(left > 0 ? [{ value: 'other', count: left, other: true as const }] : [])];
  const number = levelNumber(canonicalText(label.sql, label.type as ColumnType), texts);
  return {
    profile: { ...values, classes },
    relation: { kind: 'classes', number, classes: classes.length },
  };
}

/** Rows whose hash is that of the row before: the canonical order puts equal rows side by side. */
function repeatedRows(hashes: Uint8Array): number {
  const words = hashWords(hashes);
  let repeated = 0;
  for (let at = 4; at < words.length; at += 4) {
    const same = words[at] === words[at - 4] && words[at + 1] === words[at - 3];
    if (same && words[at + 2] === words[at - 2] && words[at + 3] === words[at - 1]) repeated += 1;
  }
  return repeated;
}

/** What a user could mend becomes a line of the profile; anything else is thrown on. */
export async function tryTo<T>(work: () => Promise<T>): Promise<{ value?: T; problem?: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problem: error.problems.map(({ message }) => message).join('; ') };
  }
}
