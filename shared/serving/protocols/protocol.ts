import { isUtf8 } from 'node:buffer';
import { RequestError } from '../request-error.js';
import type { RowSource } from '../row-buffer.js';
import type { RecordReader } from '../row-readers.js';
import type { ScoredRows } from '../scored-rows.js';
import type { Servable } from '../servable.js';

/** The ways to ask for predictions. */
export type ProtocolName = 'predict' | 'oip' | 'mlflow';

/** A model as a protocol sees it: what it takes, and what can be prepared once. */
export interface Target {
  readonly servable: Servable;
  readonly records: RecordReader;
  /** The outputs that hold a model's scores; all of them where none is known to. */
  readonly fetches: readonly string[];
  /** Writes one row's prediction as JSON of a form that two protocols share; see prediction-json.ts. */
  readonly prediction: (scored: ScoredRows, row: number) => string;
}

/** A request that has been understood. */
export interface ParsedRequest extends RowSource {
  /** The graph's outputs that the answer needs. */
  readonly fetches: readonly string[];
  /** The answer's body, JSON. */
  render(scored: ScoredRows): string;
}

/** One way to ask: pure functions between bodies and rows. */
export interface Protocol {
  readonly name: ProtocolName;
  /**
   * @param contentType as the header has it
   * @throws RequestError when it is not one of this protocol's
   */
  parse(body: Uint8Array, contentType: string | undefined, target: Target): ParsedRequest;
  /** The answer to a request that fails. */
  renderError(status: number, message: string): { readonly contentType: string; readonly body: string };
}

export const JSON_TYPE = 'application/json; charset=utf-8';

/** @throws RequestError 400 for bytes that are no UTF-8 */
export function textOf(body: Uint8Array): string {
  if (!isUtf8(body)) throw new RequestError(400, 'the body is not UTF-8');
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

/** @throws RequestError 400 for what is no JSON */
export function jsonOf(body: Uint8Array): unknown {
  if (body.byteLength === 0) throw new RequestError(400, 'the request has no body');
  const text = textOf(body);
  try {
    return JSON.parse(text);
  } catch (error) {
    // Python writes them unless it is told not to.
    const literal = /(?<=[[,:\s])-?(NaN|Infinity)(?=\s*[\],}])/.exec(text.slice(0, 100_000))?.[0];
    const hint = literal === undefined ? '' : `: ${literal} is no JSON; send null for a missing number`;
    throw new RequestError(400, `the body is not valid JSON${hint}`, { cause: error });
  }
}

const JSON_CONTENT = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

/** @throws RequestError 415 unless it is JSON in UTF-8 */
export function assertJson(contentType: string | undefined): void {
  if (contentType === 'application/json' || (contentType !== undefined && JSON_CONTENT.test(contentType))) return;
  const found = contentType === undefined ? 'no content-type' : `content-type ${JSON.stringify(contentType.slice(0, 100))}`;
  throw new RequestError(415, `found ${found}; accepted is application/json in UTF-8`);
}
