import { canonicalJson, type Json } from '../../shared/core/json.js';

/** The values of one job of a matrix. */
export type MatrixCombination = { readonly [name: string]: Json };

/** The most jobs that a matrix may make, and that all matrices of a run may make. */
export const MAX_MATRIX_JOBS = 256;

/**
 * Expands an evaluated `strategy.matrix` as GitHub does: the product of the lists in their order, less `exclude`, and `include`
 * added to the combinations whose own values it does not change, else as a combination of its own.
 * @throws Error on an empty list, on a matrix without any combination, and over 256 combinations.
 */
export function expandMatrix(matrix: Json): readonly MatrixCombination[] {
  const entries = mappingOf(matrix, 'the matrix');
  const { include, exclude, ...vectors } = entries;
  let combinations: MatrixCombination[] = Object.keys(vectors).length > 0 ? [{}] : [];
  for (const [name, values] of Object.entries(vectors)) {
    if (!Array.isArray(values)) throw new Error(`Matrix vector '${name}' is not a list`);
    if (values.length === 0) throw new Error(`Matrix vector '${name}' does not contain any values`);
    if (combinations.length * values.length > 64 * MAX_MATRIX_JOBS) throw tooMany(combinations.length * values.length);
    combinations = combinations.flatMap((combination) => values.map((value: Json) => ({ ...combination, [name]: value })));
  }
  for (const excluded of listOf(exclude, 'exclude')) {
    for (const name of Object.keys(excluded)) {
      if (!(name in vectors)) throw new Error(`Matrix exclude key '${name}' does not match any key within the matrix`);
    }
    combinations = combinations.filter((combination) => !agrees(excluded, combination, Object.keys(excluded)));
  }
  const expanded: Record<string, Json>[] = combinations.map((combination) => ({ ...combination }));
  const added: MatrixCombination[] = [];
  for (const included of listOf(include, 'include')) {
    const own = Object.keys(included).filter((name) => name in vectors);
    const matching = combinations.flatMap((combination, index) => (agrees(included, combination, own) ? [index] : []));
    for (const index of matching) Object.assign(expanded[index]!, included);
    if (matching.length === 0) added.push(included);
  }
  const all = [...expanded, ...added];
  if (all.length === 0) throw new Error('Matrix must define at least one vector');
  if (all.length > MAX_MATRIX_JOBS) throw tooMany(all.length);
  return all;
}

function tooMany(count: number): Error {
  return new Error(`The matrix makes ${count} jobs; a run may have ${MAX_MATRIX_JOBS} at most`);
}

function agrees(wanted: MatrixCombination, combination: MatrixCombination, names: readonly string[]): boolean {
  return names.every(
    (name) => name in combination && canonicalJson(wanted[name] ?? null) === canonicalJson(combination[name] ?? null),
  );
}

function mappingOf(value: Json | undefined, what: string): Record<string, Json> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error(`${what} is not a mapping`);
  return value as Record<string, Json>;
}

function listOf(value: Json | undefined, what: string): Record<string, Json>[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`Matrix ${what} is not a list`);
  return value.map((item: Json) => mappingOf(item, `an entry of matrix ${what}`));
}

/** `ubuntu, 20`: how the name of a matrix job tells its values, nested ones by their leaves. */
export function matrixLabel(combination: MatrixCombination): string {
  const leaves = (value: Json): string[] => {
    if (value === null) return [];
    if (typeof value !== 'object') return [String(value)];
    return Object.values(value).flatMap((member) => leaves((member ?? null) as Json));
  };
  return leaves(combination).join(', ');
}
