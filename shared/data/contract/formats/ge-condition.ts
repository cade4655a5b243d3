import { identifier, literal } from '../../sql.js';
import type { Scalar } from './imported-rule.js';
import { isScalar } from './part.js';

/**
 * SQL of a row condition of Great Expectations: the mappings of 1.x (comparison, nullity, and, or), `col("a") > 5` of its
 * own parser, and what pandas takes in simple cases (`a > 5 & b == "x"`, `a.notnull()`, `a in [1, 2]`).
 * @returns undefined for what is not understood; nothing of it is ever run unread
 */
export function conditionSql(condition: unknown): string | undefined {
  if (typeof condition === 'string') return textCondition(condition);
  if (typeof condition !== 'object' || condition === null) return undefined;
  const { type, conditions, column, operator, parameter, is_null: isNull, pass_through_filter: text } = condition as Condition;
  if (type === 'pass_through') return typeof text === 'string' ? textCondition(text) : undefined;
  if (type === 'and' || type === 'or') {
    if (!Array.isArray(conditions) || conditions.length === 0) return undefined;
    const parts = conditions.map(conditionSql);
    return parts.includes(undefined) ? undefined : `(${parts.join(type === 'and' ? ' AND ' : ' OR ')})`;
  }
  const name = typeof column === 'string' ? column : (column as { name?: unknown } | undefined)?.name;
  if (typeof name !== 'string') return undefined;
  if (type === 'nullity') return `${identifier(name)} IS ${isNull === true ? 'NULL' : 'NOT NULL'}`;
  return type === 'comparison' && typeof operator === 'string' ? comparison(name, operator, parameter) : undefined;
}

interface Condition {
  readonly type?: unknown;
  readonly conditions?: unknown;
  readonly column?: unknown;
  readonly operator?: unknown;
  readonly parameter?: unknown;
  readonly is_null?: unknown;
  readonly pass_through_filter?: unknown;
}

const OPERATORS: Readonly<Record<string, string>> = { '==': '=', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };

function comparison(name: string, operator: string, parameter: unknown): string | undefined {
  const column = identifier(name);
  if (Object.hasOwn(OPERATORS, operator))
    return isScalar(parameter) ? `${column} ${OPERATORS[operator]} ${literal(parameter)}` : undefined;
  const list = /^(not_)?in$/i.exec(operator);
  if (!list || !Array.isArray(parameter) || parameter.length === 0 || !parameter.every(isScalar)) return undefined;
  return `${column} ${list[1] ? 'NOT IN' : 'IN'} (${parameter.map((value: Scalar) => literal(value)).join(', ')})`;
}

const TOKEN =
  /\s*(?:col\(\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*\)|`([^`]+)`|"([^"\\]*)"|'([^'\\]*)'|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(==|!=|<=|>=|<|>|&&?|\|\|?|[()[\],]|\.(?:notnull|notna|isnull|isna)\(\))|([A-Za-z_]\w*))/y;

type Token = { readonly kind: 'column' | 'mark'; readonly text: string } | { readonly kind: 'value'; readonly value: Scalar };

function tokens(text: string): Token[] | undefined {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (!match) return undefined;
    const [, col1, col2, tick, double, single, number, mark, word] = match;
    const column = col1 ?? col2 ?? tick;
    const quoted = double ?? single;
    if (column !== undefined) found.push({ kind: 'column', text: column });
    else if (quoted !== undefined) found.push({ kind: 'value', value: quoted });
    else if (number !== undefined) found.push({ kind: 'value', value: Number(number) });
    else if (mark !== undefined) found.push({ kind: 'mark', text: mark });
    else if (/^(true|false)$/i.test(word!)) found.push({ kind: 'value', value: word!.toLowerCase() === 'true' });
    else if (/^(and|or|not|in)$/i.test(word!)) found.push({ kind: 'mark', text: word!.toLowerCase() });
    else found.push({ kind: 'column', text: word! });
  }
  return found;
}

/** `or` binds loosest, then `and`, as in Python; `&` and `|` are taken for them. */
function textCondition(text: string): string | undefined {
  const all = tokens(text);
  if (!all) return undefined;
  let at = 0;
  const isMark = (...texts: string[]): boolean => {
    const token = all[at];
    return token?.kind === 'mark' && texts.includes(token.text);
  };
  const either = (): string | undefined => joined(both, ['or', '|', '||'], 'OR');
  const both = (): string | undefined => joined(one, ['and', '&', '&&'], 'AND');
  const joined = (part: () => string | undefined, marks: readonly string[], word: string): string | undefined => {
    const parts = [part()];
    while (isMark(...marks)) {
      at++;
      parts.push(part());
    }
    if (parts.includes(undefined)) return undefined;
    return parts.length === 1 ? parts[0] : `(${parts.join(` ${word} `)})`;
  };
  const one = (): string | undefined => {
    if (isMark('not')) {
      at++;
      const inner = one();
      return inner === undefined ? undefined : `(NOT ${inner})`;
    }
    if (isMark('(')) {
      at++;
      const inner = either();
      if (inner === undefined || !isMark(')')) return undefined;
      at++;
      return inner;
    }
    const column = all[at++];
    if (column?.kind !== 'column') return undefined;
    if (isMark('.notnull()', '.notna()')) return at++ >= 0 ? `${identifier(column.text)} IS NOT NULL` : undefined;
    if (isMark('.isnull()', '.isna()')) return at++ >= 0 ? `${identifier(column.text)} IS NULL` : undefined;
    if (isMark('in', 'not')) return membership(column.text);
    const operator = all[at++];
    const value = all[at++];
    if (operator?.kind !== 'mark' || !Object.hasOwn(OPERATORS, operator.text)) return undefined;
    if (value?.kind === 'column') return `${identifier(column.text)} ${OPERATORS[operator.text]} ${identifier(value.text)}`;
    return value?.kind === 'value' ? comparison(column.text, operator.text, value.value) : undefined;
  };
  const membership = (column: string): string | undefined => {
    const negate = isMark('not');
    if (negate) at++;
    if (!isMark('in')) return undefined;
    at++;
    if (!isMark('[', '(')) return undefined;
    at++;
    const values: Scalar[] = [];
    while (!isMark(']', ')')) {
      const token = all[at++];
      if (token?.kind !== 'value') return undefined;
      values.push(token.value);
      if (isMark(',')) at++;
    }
    at++;
    return comparison(column, negate ? 'NOT_IN' : 'IN', values);
  };
  const sql = either();
  return at === all.length ? sql : undefined;
}
