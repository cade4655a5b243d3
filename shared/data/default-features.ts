import { type Problem, UserError } from '../core/errors.js';
import type { Spec } from '../spec/schema.js';
import { momentOf, sourceProblem, transformOf } from '../spec/transforms.js';
import { columnKey, meantColumn } from './column-names.js';
import type { Dataset, Locate } from './dataset.js';

/** What has to be known of the data. */
type FeatureSource = Pick<Dataset, 'schema' | 'columnNames' | 'labelColumn'>;

/**
 * The raw columns that are features by themselves, in the order of the data: those of `features.use`, else every column
 * that may be one. Never target, time, key, group or weight, nor a column that `target.sql` reads (by DuckDB's own
 * parse), since it would hand the answer to the model; never a date or timestamp, which only `derive` makes useful.
 * @throws UserError with every column that is named and absent, or named and not allowed, at its line
 */
export async function featureColumns(dataset: FeatureSource, spec: Spec, locate: Locate): Promise<readonly string[]> {
  const label = await dataset.labelColumn();
  const answers = new Map<string, string>([
    [columnKey(spec.target.column), 'it is the target'],
    ...(spec.target.sql === undefined ? [] : label.columns.map((name) => [columnKey(name), 'target.sql reads it'] as const)),
  ]);
  const roles = rolesOf(spec);
  const problems = namedProblems(dataset, spec, locate, answers, roles);
  if (problems.length > 0) throw new UserError(problems);
  const excluded = new Set((spec.features.exclude ?? []).map(columnKey));
  const used = spec.features.use && new Set(spec.features.use.map(columnKey));
  return dataset.schema
    .filter(({ name, type }) => {
      const key = columnKey(name);
      if (excluded.has(key) || (used && !used.has(key))) return false;
      return !answers.has(key) && !roles.has(key) && type !== 'date' && type !== 'timestamp';
    })
    .map(({ name }) => name);
}

/** Columns that have another part to play, with why they are no features. */
function rolesOf(spec: Spec): ReadonlyMap<string, string> {
  const { time, key, weight } = spec.data;
  const { by } = spec.split;
  const roles = new Map<string, string>();
  if (time !== undefined) roles.set(columnKey(time), 'it is the time of the event; derive its parts instead');
  for (const name of key === undefined ? [] : [key].flat()) roles.set(columnKey(name), 'it is the key of a row');
  if (weight !== undefined) roles.set(columnKey(weight), 'it is the weight of a row');
  if (typeof by === 'object') roles.set(columnKey(by.group), 'it is the group of the split');
  return roles;
}

function namedProblems(
  dataset: FeatureSource,
  spec: Spec,
  locate: Locate,
  answers: ReadonlyMap<string, string>,
  roles: ReadonlyMap<string, string>,
): Problem[] {
  const problems: Problem[] = [];
  const add = (path: readonly (string | number)[], message: string): void => {
    problems.push({ message, location: locate(path) });
  };
  const known = new Map(dataset.columnNames.map((name) => [columnKey(name), name]));
  const typeOf = new Map(dataset.schema.map(({ name, type }) => [columnKey(name), type]));
  const present = (path: readonly (string | number)[], name: string): boolean => {
    if (known.has(columnKey(name))) return true;
    add(path, `there is no column ${JSON.stringify(name)}${meantColumn(name, dataset.columnNames)}`);
    return false;
  };
  spec.features.use?.forEach((name, index) => {
    const path = ['features', 'use', index];
    // A derived target is no column of the data, and its name is still worth a better answer than "absent".
    const reason = answers.get(columnKey(name)) ?? roles.get(columnKey(name));
    if (reason) {
      add(path, `column ${JSON.stringify(name)} cannot be a feature: ${reason}`);
      return;
    }
    if (!present(path, name)) return;
    const type = typeOf.get(columnKey(name));
    if (type === undefined) add(path, `column ${JSON.stringify(name)} holds lists, objects or bytes and cannot be a feature`);
    if (type === 'date' || type === 'timestamp') {
      add(
        path,
        `column ${JSON.stringify(name)} is a ${type} and no feature by itself; derive its parts: derive: [{ from: ${name}, parts: [month, weekday] }]`,
      );
    }
  });
  spec.features.exclude?.forEach((name, index) => {
    if (!answers.has(columnKey(name))) present(['features', 'exclude', index], name);
  });
  spec.features.derive?.forEach((item, index) => {
    const transform = transformOf(item);
    const check = (path: readonly (string | number)[], name: string): void => {
      const reason = answers.get(columnKey(name));
      const type = typeOf.get(columnKey(name));
      if (reason) add(path, `column ${JSON.stringify(name)} cannot be the source of a feature: ${reason}`);
      else if (!present(path, name)) return;
      else if (type === undefined) {
        add(path, `column ${JSON.stringify(name)} holds lists, objects or bytes and cannot be the source of a feature`);
      } else {
        const problem = sourceProblem(transform, name, type);
        if (problem !== undefined) add(path, problem);
      }
    };
    [item.from].flat().forEach((name, position) => {
      check(['features', 'derive', index, 'from', ...(Array.isArray(item.from) ? [position] : [])], name);
    });
    // A date is no column; whatever else `since` is, is meant as one.
    if (item.since !== undefined && momentOf(item.since) === undefined)
      check(['features', 'derive', index, 'since'], item.since);
  });
  return problems;
}
