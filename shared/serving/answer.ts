import { randomBytes } from 'node:crypto';
import { messageOf } from '../core/errors.js';
import type { Batcher } from './batcher.js';
import { JSON_TYPE, type Protocol, type Target } from './protocols/protocol.js';
import { RequestError } from './request-error.js';
import { inputColumns, type Servable } from './servable.js';
import type { TrafficCollector } from './traffic-collector.js';

/** What is sent back, and what is counted. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Rows that were predicted. */
  readonly predicted: number;
  /** Rows that the model cannot take. */
  readonly refused: number;
  /** Not a mistake of the caller's. */
  readonly bug?: unknown;
}

/** Names rows that have none of their own; no two processes or threads give the same. */
export class RowNames {
  readonly #prefix = randomBytes(8).toString('hex');
  #last = 0;

  make(rows: number): readonly string[] {
    const names = new Array<string>(rows);
    for (let row = 0; row < rows; row++) names[row] = `${this.#prefix}-${(++this.#last).toString(36)}`;
    return names;
  }
}

export interface Question {
  readonly protocol: Protocol;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** Who answers: a version on the main thread, or its double on another one. */
export interface Answerer {
  readonly target: Target;
  readonly batcher: Batcher;
  readonly names: RowNames;
}

/**
 * From a body to an answer: understood, scored, written, and put into the traffic log. Calls back once, and never throws.
 * @param log undefined where this request is not logged
 */
export function answer(
  { protocol, contentType, body }: Question,
  { target, batcher, names }: Answerer,
  log: TrafficCollector | undefined,
  done: (answer: Answer) => void,
): void {
  try {
    const request = protocol.parse(body, contentType, target);
    assertFits(request.rows, target.servable, body.byteLength);
    const ids = request.ids ?? names.make(request.rows);
    batcher.submit(request, ids, {
      scored(rows) {
        let text: string;
        try {
          text = request.render(rows);
          log?.add(rows, Date.now());
        } catch (error) {
          done(failure(protocol, error));
          return;
        }
        done({ status: 200, contentType: JSON_TYPE, body: text, predicted: rows.rows, refused: 0 });
      },
      refused(buffer, at, error) {
        log?.addRefused(buffer, at, error.problems, ids, Date.now());
        done({ ...failure(protocol, error), refused: error.problems.length });
      },
      failed: (error) => done(failure(protocol, error)),
    });
  } catch (error) {
    done(failure(protocol, error));
  }
}

/**
 * In no form does a value take less than a byte. Room is made for the rows of a request before they are looked at, so
 * many rows without values must not get it.
 */
function assertFits(rows: number, servable: Servable, bytes: number): void {
  const values = inputColumns(servable).reduce((sum, { width }) => sum + width, 0);
  if (rows * values <= bytes) return;
  throw new RequestError(400, `${rows} rows with ${values} values each cannot be in ${bytes} bytes: some rows lack columns`);
}

/** The answer to a request that cannot be served. */
export function failure(protocol: Protocol, error: unknown): Answer {
  const isExpected = error instanceof RequestError;
  const status = isExpected ? error.status : 500;
  const message = isExpected ? error.message : `this is a bug of the server's: ${messageOf(error)}`;
  return { status, ...protocol.renderError(status, message), predicted: 0, refused: 0, ...(!isExpected && { bug: error }) };
}
