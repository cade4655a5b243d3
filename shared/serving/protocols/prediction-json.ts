import type { OutputValues, ScoredRows } from '../scored-rows.js';
import type { Servable } from '../servable.js';

/**
 * A row's prediction as JSON text, without braces so that a protocol can add to it: `"label":"late","probabilities":{...}`,
 * `"prediction":1.5`, or for a model whose outputs are of no known kind `"outputs":{...}`. Texts that do not change are
 * made once for a model; a row joins them with its numbers, without objects.
 */
export function predictionWriter({ scores, outputs }: Servable): (scored: ScoredRows, row: number) => string {
  if (!scores) {
    return (scored, row) =>
      `"outputs":{${outputs.map(({ name }) => `${JSON.stringify(name)}:${outputRow(scored, name, row)}`).join(',')}}`;
  }
  if (scores.task === 'regression') return (scored, row) => `"prediction":${numberJson(scored.score(row))}`;
  const labels = scores.classes.map((text) => `"label":${JSON.stringify(text)},"probabilities":{`);
  const keys = scores.classes.map((text, index) => `${index > 0 ? ',' : ''}${JSON.stringify(text)}:`);
  return (scored, row) => {
    let text = labels[scored.labelIndex(row)]!;
    for (let index = 0; index < keys.length; index++) text += keys[index]! + numberJson(scored.score(row, index));
    return `${text}}`;
  };
}

/** JSON has no NaN and no infinities. */
export function numberJson(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null';
}

/** The values of one output for one row: a value, or a list where it has several. */
function outputRow(scored: ScoredRows, name: string, row: number): string {
  const output = scored.output(name);
  if (!output) return 'null';
  const start = output.start + row * output.width;
  if (output.width === 1) return valueJson(output.values[start]!);
  return `[${valuesJson(output.values, start, start + output.width)}]`;
}

/** The values [start, end) with commas between them. */
export function valuesJson(values: OutputValues, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += at === start ? valueJson(values[at]!) : `,${valueJson(values[at]!)}`;
  return text;
}

function valueJson(value: number | string | bigint): string {
  if (typeof value === 'number') return numberJson(value);
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
