import { UserError } from '../core/errors.js';
import { isFairness, isMeasurement, isMetric, MEASUREMENT_NAMES, METRIC_NAMES, metricByOtherName } from './metrics.js';
import { nearest } from './nearest.js';

export const GATE_OPERATORS = ['>=', '>', '<=', '<'] as const;
export type GateOperator = (typeof GATE_OPERATORS)[number];

/** One line of `gates`, read. */
export type Gate =
  /** `auc >= 0.65`: the candidate's own value. */
  | { readonly kind: 'value'; readonly metric: string; readonly op: GateOperator; readonly number: number }
  /** `auc >= champion - 0.002`: `margin` is the signed number as written (here −0.002), 0 without one. */
  | ChampionGate<'champion'>
  /** `slice auc >= champion - 0.02`: the same, of every slice. */
  | ChampionGate<'slice'>;

interface ChampionGate<Kind extends string> {
  readonly kind: Kind;
  readonly metric: string;
  readonly op: GateOperator;
  readonly margin: number;
  readonly hasMargin: boolean;
}

/** What is wrong with a gate, and where in its text (from 0). */
export interface GateMistake {
  readonly message: string;
  readonly offset: number;
}

const GATE_GRAMMAR =
  '"metric >= number", "metric >= champion", "metric >= champion - number" or "slice metric >= champion - number", with >=, >, <= or <';

const MINUS = '\u2212';
const TOKEN = /\s*(?:([\p{L}_][\p{L}\p{N}_]*)|((?:\d+\.?\d*|\.\d+)(?:[eE][+\-\u2212]?\d+)?)|([<>=≥≤!~]+)|([+\-\u2212])|(\S))/uy;

interface Token {
  readonly kind: 'word' | 'number' | 'comparison' | 'sign' | 'other' | 'end';
  readonly text: string;
  readonly offset: number;
}

/**
 * Reads a gate without throwing.
 * @param custom names of the spec's own metrics (`evaluate.custom`), which count as known
 */
export function readGate(text: string, custom: readonly string[] = []): Gate | GateMistake {
  const tokens = tokenize(text);
  let at = 0;
  const peek = (): Token => tokens[at]!;
  const take = (): Token => tokens[at++]!;
  const mistake = (token: Token, expected: string): GateMistake => ({
    message: `gate ${JSON.stringify(text)}: ${token.kind === 'end' ? 'it ends' : `found ${JSON.stringify(token.text)}`} where ${expected} is expected; a gate is ${GATE_GRAMMAR}`,
    offset: token.offset,
  });

  const isSlice = peek().text === 'slice' && tokens[1]!.kind === 'word';
  if (isSlice) take();
  const name = take();
  if (name.kind !== 'word') return mistake(name, 'a metric');
  const metric = name.text;
  if (!isMetric(metric) && !isMeasurement(metric) && !isFairness(metric) && !custom.includes(metric)) {
    return { message: `gate ${JSON.stringify(text)}: ${unknownMetric(metric, custom)}`, offset: name.offset };
  }
  const comparison = take();
  const op = operatorOf(comparison);
  if (op === undefined) return mistake(comparison, '>=, >, <= or <');

  if (peek().kind === 'word' && peek().text === 'champion') {
    take();
    const { margin, hasMargin, wrong } = readMargin();
    if (wrong) return wrong;
    if (metric === 'rows' || (isSlice && (isMeasurement(metric) || isFairness(metric)))) {
      const reason = isSlice ? `${metric} is not measured by slice` : 'both models are judged on the same rows';
      return { message: `gate ${JSON.stringify(text)}: ${reason}; compare ${metric} with a number`, offset: name.offset };
    }
    return { kind: isSlice ? 'slice' : 'champion', metric, op, margin, hasMargin };
  }
  if (isSlice) return mistake(peek(), '"champion" (slices are held against the champion only)');
  const sign = peek().kind === 'sign' ? take() : undefined;
  const number = take();
  if (number.kind === 'word' && sign === undefined && nearest(number.text, ['champion'])) {
    return mistake(number, 'a number or "champion"');
  }
  if (!isNumber(number)) return mistake(number, sign ? 'a number' : 'a number or "champion"');
  if (peek().kind !== 'end') return mistake(peek(), 'the end of the gate (a number stands alone, without a unit)');
  return { kind: 'value', metric, op, number: signed(sign, number) };

  function readMargin(): { margin: number; hasMargin: boolean; wrong?: GateMistake } {
    const none = { margin: 0, hasMargin: false };
    if (peek().kind === 'end') return none;
    const margin = take();
    if (margin.kind !== 'sign') return { ...none, wrong: mistake(margin, '+ or - and a number, or the end,') };
    const size = take();
    if (!isNumber(size)) return { ...none, wrong: mistake(size, 'a number') };
    if (peek().kind !== 'end') return { ...none, wrong: mistake(peek(), 'the end of the gate') };
    return { margin: signed(margin, size), hasMargin: true };
  }
}

/**
 * Reads a gate.
 * @throws UserError that points at what is wrong and shows the grammar
 */
export function parseGate(text: string, custom: readonly string[] = []): Gate {
  const result = readGate(text, custom);
  if ('kind' in result) return result;
  throw new UserError(`${result.message} (character ${result.offset + 1})`);
}

/**
 * A gate for people: `{ metric: 'auc', required: '≥ champion − 0.002' }`. Slice gates end in `in every slice`.
 */
export function formatGate(gate: Gate): { metric: string; required: string } {
  const required = requirement(gate);
  return { metric: gate.metric, required: gate.kind === 'slice' ? `${required} in every slice` : required };
}

/** The gate's one text, typographic, in the grammar: parseGate reads it back to the same gate. */
export function gateText(gate: Gate): string {
  return `${gate.kind === 'slice' ? 'slice ' : ''}${gate.metric} ${requirement(gate)}`;
}

/** `unknown metric "roc_auc"; did you mean "auc"?` */
export function unknownMetric(name: string, custom: readonly string[] = [], known: readonly string[] = METRIC_NAMES): string {
  const meant = metricByOtherName(name) ?? nearest(name, [...known, ...custom, ...MEASUREMENT_NAMES]);
  const advice = meant ? `did you mean ${JSON.stringify(meant)}?` : `known metrics: ${[...known, ...custom].join(', ')}`;
  return `unknown metric ${JSON.stringify(name)}; ${advice}`;
}

function requirement(gate: Gate): string {
  const op = gate.op === '>=' ? '≥' : gate.op === '<=' ? '≤' : gate.op;
  if (gate.kind === 'value') return `${op} ${numberText(gate.number)}`;
  if (!gate.hasMargin) return `${op} champion`;
  return `${op} champion ${gate.margin < 0 ? MINUS : '+'} ${numberText(Math.abs(gate.margin))}`;
}

function numberText(value: number): string {
  return String(value).replaceAll('-', MINUS);
}

/** A number that a double can hold: 1e999 is none. */
function isNumber(token: Token): boolean {
  return token.kind === 'number' && Number.isFinite(signed(undefined, token));
}

function signed(sign: Token | undefined, number: Token): number {
  const size = Number(number.text.replaceAll(MINUS, '-'));
  return sign && sign.text !== '+' && size !== 0 ? -size : size;
}

function operatorOf(token: Token): GateOperator | undefined {
  const plain = token.text === '≥' ? '>=' : token.text === '≤' ? '<=' : token.text;
  return GATE_OPERATORS.find((op) => op === plain);
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [word, number, comparison, sign, other] = match.slice(1);
    const token = (word ?? number ?? comparison ?? sign ?? other)!;
    const kind = word ? 'word' : number ? 'number' : comparison ? 'comparison' : sign ? 'sign' : 'other';
    tokens.push({ kind, text: token, offset: TOKEN.lastIndex - token.length });
  }
  const end: Token = { kind: 'end', text: '', offset: text.trimEnd().length };
  return [...tokens, end, end];
}
