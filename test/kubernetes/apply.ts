/**
 * Server-side apply, as far as a test of who owns which field needs it: every manager has the paths that it set. Lists whose
 * items have names are merged by name, as the API's own lists of containers, volumes, variables and ports are; others are one value.
 */

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };
export type Fields = { readonly [key: string]: Value };

/** Leaf paths of a value, such as `spec.template.spec.containers[name=server].image`. */
export function leaves(value: Value, path = ''): Map<string, Value> {
  const found = new Map<string, Value>();
  const add = (inner: Value, at: string): void => {
    for (const [key, leaf] of leaves(inner, at)) found.set(key, leaf);
  };
  if (isNamedList(value)) for (const item of value) add(item, `${path}[name=${String((item as Fields).name)}]`);
  else if (isFields(value)) for (const [key, inner] of Object.entries(value)) add(inner, path === '' ? key : `${path}.${key}`);
  else found.set(path, value);
  // An empty mapping is a field of its own: emptyDir: {}.
  if (isFields(value) && Object.keys(value).length === 0) found.set(path, value);
  return found;
}

/** The value with everything of `patch` in it. */
export function merged(value: Value | undefined, patch: Value): Value {
  if (isNamedList(patch)) {
    const before = isNamedList(value) ? value : [];
    const names = new Set(patch.map((item) => (item as Fields).name));
    const kept = before.filter((item) => !names.has((item as Fields).name));
    const own = patch.map((item) =>
      merged(
        before.find((other) => (other as Fields).name === (item as Fields).name),
        item,
      ),
    );
    return [...own, ...kept];
  }
  if (!isFields(patch)) return patch;
  const before = isFields(value) ? value : {};
  return { ...before, ...Object.fromEntries(Object.entries(patch).map(([key, inner]) => [key, merged(before[key], inner)])) };
}

/** The value without the leaves at these paths, and without what that leaves empty. */
export function withoutLeaves(value: Value, gone: ReadonlySet<string>, path = ''): Value | undefined {
  if (gone.has(path)) return undefined;
  if (isNamedList(value)) {
    const items = value.map((item) => withoutLeaves(item, gone, `${path}[name=${String((item as Fields).name)}]`));
    return items.filter((item) => item !== undefined);
  }
  if (!isFields(value)) return value;
  const entries = Object.entries(value).flatMap(([key, inner]): [string, Value][] => {
    const left = withoutLeaves(inner, gone, path === '' ? key : `${path}.${key}`);
    const emptied = left !== undefined && isFields(left) && Object.keys(left).length === 0 && !isEmpty(inner);
    return left === undefined || emptied ? [] : [[key, left]];
  });
  return Object.fromEntries(entries);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: Value): boolean {
  return isFields(value) && Object.keys(value).length === 0;
}

function isNamedList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isFields(item) && typeof item.name === 'string');
}
