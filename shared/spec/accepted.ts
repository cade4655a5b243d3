import type { Path } from './document.js';

/** What we read of a JSON Schema. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly propertyNames?: SchemaNode;
  readonly items?: SchemaNode;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly pattern?: string;
}

/** The schemas that a value at the path may follow: several where there is a choice. Empty for an unknown path. */
function schemasAt(root: SchemaNode, path: Path): readonly SchemaNode[] {
  let nodes = alternatives(root);
  for (const step of path) nodes = nodes.flatMap((node) => stepInto(node, step)).flatMap(alternatives);
  return nodes;
}

/** The keys that a mapping at the path may have. */
export function knownKeys(root: SchemaNode, path: Path): readonly string[] {
  return [...new Set(schemasAt(root, path).flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** What is accepted at the path, for people: `a number from 0 to 0.9`, `one of: hash, time`. */
export function acceptedText(root: SchemaNode, path: Path): string {
  return describeAll(schemasAt(root, path));
}

/** What was found, for people: `"abc"`, `a list`, `a mapping with the keys a, b`. */
export function foundText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (an empty value)';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') {
    const keys = Object.keys(value);
    return keys.length === 0
      ? 'an empty mapping'
      : `a mapping with the key${keys.length > 1 ? 's' : ''} ${short(keys.join(', '))}`;
  }
  return typeof value === 'string' ? JSON.stringify(short(value)) : String(value);
}

/** The path as people write it: `contract.columns.age.min`, `gates[1]`; a key with other characters is quoted. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      const key = /^[\p{L}\p{N}_-]+$/u.test(step) ? step : JSON.stringify(short(step));
      return index === 0 ? key : `.${key}`;
    })
    .join('');
}

function alternatives(node: SchemaNode): readonly SchemaNode[] {
  if (node.anyOf) return node.anyOf.flatMap(alternatives);
  return typeof node.type === 'object' ? node.type.map((type) => ({ ...node, type })) : [node];
}

function stepInto(node: SchemaNode, step: string | number): SchemaNode[] {
  if (typeof step === 'number') return node.items ? [node.items] : [];
  if (node.properties && Object.hasOwn(node.properties, step)) return [node.properties[step]!];
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
}

function describeAll(nodes: readonly SchemaNode[]): string {
  return [...new Set(nodes.map(describe))].join(' or ') || 'another value';
}

function describe(node: SchemaNode): string {
  if (node.const !== undefined) return String(node.const);
  if (node.enum) return `one of: ${node.enum.join(', ')}`;
  switch (node.type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number${bounds(node)}`;
    case 'number':
      return `a number${bounds(node)}`;
    case 'string':
      if (node.pattern) return node.description ? lowerFirst(node.description) : `text that matches ${node.pattern}`;
      return node.minLength ? 'text that is not empty' : 'text';
    case 'array':
      return `a list${node.minItems && node.minItems > 1 ? ` of at least ${node.minItems}` : ''}${node.items ? ` (${describeAll(alternatives(node.items))})` : ''}`;
    case 'object':
      return node.properties ? `a mapping with ${short(Object.keys(node.properties).join(', '), 120)}` : 'a mapping';
    default:
      return 'any value';
  }
}

function bounds({ minimum, exclusiveMinimum, maximum }: SchemaNode): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (exclusiveMinimum !== undefined)
    return high === undefined ? ` above ${exclusiveMinimum}` : ` above ${exclusiveMinimum} up to ${high}`;
  if (low !== undefined) return high === undefined ? ` of at least ${low}` : ` from ${low} to ${high}`;
  return high === undefined ? '' : ` up to ${high}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function short(text: string, limit = 60): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}
