import { parseAst } from 'vitest/node';

/** A node of a source's syntax tree (ESTree). Comments are no part of it. */
export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** @param name tells TypeScript from JavaScript by its ending */
export function parseSource(text: string, name: string): Node {
  return parseAst(text, { lang: name.endsWith('.ts') ? 'ts' : 'js' }) as unknown as Node;
}

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === 'object' && typeof (value as { type?: unknown }).type === 'string';
}

/** A node and everything below it, from the top and in the order of the source. */
export function* walk(node: Node): Generator<Node> {
  const waiting = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    const children = Object.values(next).flatMap((value) =>
      isNode(value) ? [value] : Array.isArray(value) ? value.filter(isNode) : [],
    );
    waiting.push(...children.reverse());
  }
}

/** A node without the wrappers that TypeScript and brackets put around it. */
export function bare(node: unknown): Node | undefined {
  if (!isNode(node)) return undefined;
  return /^TS(As|Satisfies|NonNull|TypeAssertion)/.test(node.type) ||
    ['ParenthesizedExpression', 'AwaitExpression'].includes(node.type)
    ? bare(node.expression ?? node.argument)
    : node;
}

/** What stands where an expression has no value before it runs. */
export const DYNAMIC = '\u0000dynamic\u0000';

/** The text of a literal; parts that are only known at run time read DYNAMIC. Undefined for anything else. */
export function textOf(node: unknown): string | undefined {
  const found = bare(node);
  if (found?.type === 'Literal') return typeof found.value === 'string' ? found.value : undefined;
  if (found?.type !== 'TemplateLiteral') return undefined;
  const quasis = found.quasis as readonly { value: { cooked: string } }[];
  return quasis.map(({ value }) => value.cooked).join(DYNAMIC);
}

/** The name of a member, property or variable; undefined where it is computed. */
export function nameOf(node: unknown): string | undefined {
  const found = bare(node);
  if (found?.type === 'Identifier') return String(found.name);
  if (found?.type === 'Literal') return String(found.value);
  return undefined;
}

/** The members of an object literal by their names, with their values. */
export function membersOf(object: Node): ReadonlyMap<string, Node> {
  const members = new Map<string, Node>();
  for (const property of object.properties as readonly Node[]) {
    if (property.type !== 'Property' || property.computed === true) {
      // `...{ a, b }` is an object written in several lines.
      const spread = property.type === 'SpreadElement' ? bare(property.argument) : undefined;
      if (spread?.type === 'ObjectExpression') for (const [name, value] of membersOf(spread)) members.set(name, value);
      continue;
    }
    const name = nameOf(property.key);
    if (name !== undefined) members.set(name, property.value as Node);
  }
  return members;
}
