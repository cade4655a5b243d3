import { data, Evaluator, type Expr, ExpressionError, Lexer, Parser, type wellKnownFunctions } from '@actions/expressions';
import { messageOf } from '../../shared/core/errors.js';
import type { Json } from '../../shared/core/json.js';

/** What an expression can see. */
export interface Scope {
  /** JSON-like values by context name; names that are not there read as empty. */
  readonly contexts: Readonly<Record<string, unknown>>;
  /** The status that success(), failure() and cancelled() tell. */
  readonly status?: { readonly success: boolean; readonly failure: boolean; readonly cancelled: boolean };
  readonly hashFiles?: (patterns: readonly string[]) => string;
}

/** Which contexts and functions a key of a workflow may use. */
export interface ExpressionRule {
  readonly contexts: readonly string[];
  readonly functions: readonly string[];
}

/** An expression that cannot be read or evaluated; the message names the expression. */
export class ExpressionFailure extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ExpressionFailure';
  }
}

type Value = data.ExpressionData;
type FunctionTable = Map<string, (typeof wellKnownFunctions)[string]>;

export const STATUS_FUNCTIONS = ['success', 'failure', 'always', 'cancelled'];
const ALL_CONTEXTS = [
  ...['github', 'env', 'vars', 'secrets', 'inputs', 'needs', 'matrix', 'strategy', 'steps', 'job', 'jobs', 'runner'],
];
const ANYTHING: ExpressionRule = { contexts: ALL_CONTEXTS, functions: [...STATUS_FUNCTIONS, 'hashFiles'] };

interface Parsed {
  readonly expression: Expr;
  /** Lower-case names that the text mentions, contexts and properties alike, and the functions that it calls. */
  readonly mentions: ReadonlySet<string>;
  readonly calls: ReadonlySet<string>;
}

const parsedExpressions = new Map<string, Parsed>();

/** Parses one expression (without braces) under a rule. @throws ExpressionFailure */
function parse(text: string, rule: ExpressionRule): Parsed {
  const cached = rule === ANYTHING ? parsedExpressions.get(text) : undefined;
  if (cached) return cached;
  if (text.trim() === '') throw new ExpressionFailure('an expression was expected between ${{ and }}');
  try {
    const { tokens } = new Lexer(text).lex();
    for (const token of tokens) {
      // The package's lexer unescapes only the first '' of a string; its value is read again from the source here.
      if (token.lexeme.startsWith("'")) token.value = token.lexeme.slice(1, -1).replaceAll("''", "'");
    }
    const functions = rule.functions.map((name) => ({
      name,
      description: '',
      minArgs: name === 'hashFiles' ? 1 : 0,
      maxArgs: name === 'hashFiles' ? 255 : 0,
    }));
    const expression = new Parser(tokens, [...rule.contexts], functions).parse();
    const names = tokens.map((token) => token.lexeme.toLowerCase());
    const calls = names.filter((_, index) => names[index + 1] === '(');
    const parsed = { expression, mentions: new Set(names), calls: new Set(calls) };
    if (rule === ANYTHING) parsedExpressions.set(text, parsed);
    return parsed;
  } catch (error) {
    const place = error instanceof ExpressionError ? ` at position ${error.pos.column + 1} of '${text.trim()}'` : '';
    throw new ExpressionFailure(`${messageOf(error)}${place}`, { cause: error });
  }
}

/** A JSON-like value as the expression language holds it; undefined members are left out. */
function toData(value: unknown): Value {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (Array.isArray(value)) {
    const list = new data.Array();
    for (const item of value) list.add(toData(item));
    return list;
  }
  const dictionary = new data.Dictionary();
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) dictionary.add(key, toData(member));
  }
  return dictionary;
}

function fromData(value: Value): Json {
  switch (value.kind) {
    case data.Kind.Null:
      return null;
    case data.Kind.String:
      return value.coerceString();
    case data.Kind.Number:
      return value.number();
    case data.Kind.Boolean:
      return value.number() === 1;
    default:
      return JSON.parse(JSON.stringify(value, data.replacer)) as Json;
  }
}

function run(text: string, scope: Scope): Value {
  const { expression, mentions } = parse(text, ANYTHING);
  const contexts = new data.Dictionary();
  for (const name of ALL_CONTEXTS) {
    if (mentions.has(name)) contexts.add(name, toData(scope.contexts[name] ?? {}));
  }
  const functions: FunctionTable = new Map();
  const define = (name: string, call: (...values: Value[]) => Value): void => {
    functions.set(name.toLowerCase(), { name, minArgs: 0, maxArgs: 255, call });
  };
  const status = scope.status ?? { success: true, failure: false, cancelled: false };
  define('always', () => new data.BooleanData(true));
  define('success', () => new data.BooleanData(status.success));
  define('failure', () => new data.BooleanData(status.failure));
  define('cancelled', () => new data.BooleanData(status.cancelled));
  define('hashFiles', (...patterns) => {
    if (!scope.hashFiles) throw new Error('hashFiles() is only available in steps');
    return new data.StringData(scope.hashFiles(patterns.map((pattern) => pattern.coerceString())));
  });
  try {
    return new Evaluator(expression, contexts, functions).evaluate();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    throw new ExpressionFailure(`${messageOf(error)}${cause}, in \${{ ${text.trim()} }}`, { cause: error });
  }
}

/** The value of one expression, given without braces. @throws ExpressionFailure */
export function evaluate(expression: string, scope: Scope): Json {
  return fromData(run(expression, scope));
}

type Part = { readonly literal: string } | { readonly expression: string };

/**
 * Cuts a text at its `${{ }}`. The closing braces are looked for outside of string literals, as GitHub does.
 * @throws ExpressionFailure when an expression is not closed.
 */
function splitTemplate(text: string): readonly Part[] {
  const parts: Part[] = [];
  let position = 0;
  for (;;) {
    const start = text.indexOf('${{', position);
    if (start < 0) break;
    let end = start + 3;
    let quoted = false;
    while (end < text.length && (quoted || !text.startsWith('}}', end))) {
      if (text[end] === "'") quoted = !quoted;
      end++;
    }
    if (end >= text.length) throw new ExpressionFailure(`\${{ is not closed by }} in '${text.slice(start, start + 80)}'`);
    if (start > position) parts.push({ literal: text.slice(position, start) });
    parts.push({ expression: text.slice(start + 3, end) });
    position = end + 2;
  }
  if (position < text.length) parts.push({ literal: text.slice(position) });
  return parts;
}

/** A text whose whole is one expression keeps the type of its value; any other becomes a text. What comes in is not expanded again. */
export function interpolate(text: string, scope: Scope): Json {
  const parts = splitTemplate(text);
  const only = parts.length === 1 ? parts[0]! : undefined;
  if (only && 'expression' in only) return evaluate(only.expression, scope);
  return parts.map((part) => ('literal' in part ? part.literal : run(part.expression, scope).coerceString())).join('');
}

/** A text with every expression replaced by its value as text. */
export function interpolateText(text: string, scope: Scope): string {
  return splitTemplate(text)
    .map((part) => ('literal' in part ? part.literal : run(part.expression, scope).coerceString()))
    .join('');
}

/** Interpolates the texts, and the keys, of a whole value. */
export function interpolateDeep(value: Json, scope: Scope): Json {
  if (typeof value === 'string') return interpolate(value, scope);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: Json) => interpolateDeep(item, scope));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [interpolateText(key, scope), interpolateDeep(member ?? null, scope)]),
  );
}

/** A scalar as the expression language writes it in a text. */
export function valueText(value: Json): string {
  return toData(value).coerceString();
}

/**
 * Whether an `if:` holds. The condition may stand without braces; where it names no status function, success() is asked as well.
 * @throws ExpressionFailure
 */
export function conditionHolds(condition: string | undefined, scope: Scope): boolean {
  const expression = conditionExpression(condition ?? '');
  if (expression === '') return scope.status?.success ?? true;
  const { calls } = parse(expression, ANYTHING);
  if (!STATUS_FUNCTIONS.some((name) => calls.has(name)) && scope.status?.success === false) return false;
  const value = evaluate(expression, scope);
  return !(value === null || value === false || value === '' || value === 0 || Number.isNaN(value));
}

/** The expression of an `if:`, with or without braces. @throws ExpressionFailure for text around the braces, which would always hold. */
function conditionExpression(condition: string): string {
  const parts = splitTemplate(condition.trim());
  const expressions = parts.filter((part) => 'expression' in part);
  if (expressions.length === 0) return condition.trim();
  if (parts.length > 1) {
    throw new ExpressionFailure(
      `'${condition.trim()}' has text outside of \${{ }}, so it would always hold; put the whole condition inside`,
    );
  }
  return expressions[0]!.expression.trim();
}

/** What is wrong with the expressions of a text, if anything, where only the rule's contexts and functions are known. */
export function templateProblem(text: string, rule: ExpressionRule): string | undefined {
  return problemOf(() => {
    for (const part of splitTemplate(text)) {
      if ('expression' in part) parse(part.expression, rule);
    }
  });
}

/** The same for an `if:`. */
export function conditionProblem(condition: string, rule: ExpressionRule): string | undefined {
  return problemOf(() => {
    const expression = conditionExpression(condition);
    if (expression !== '') parse(expression, rule);
  });
}

function problemOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionFailure) return error.message;
    throw error;
  }
}
