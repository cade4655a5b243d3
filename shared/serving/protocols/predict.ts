import { describe, quote, RequestError } from '../request-error.js';
import { isRecord } from '../row-readers.js';
import { assertJson, JSON_TYPE, jsonOf, type Protocol } from './protocol.js';

/**
 * Rows by column name: `{"rows":[{"origin":"SFO"}],"ids":["a"]}`, or one row as it is. The answer has a prediction a
 * row, with the probabilities by class.
 */
export const predict: Protocol = {
  name: 'predict',

  parse(body, contentType, target) {
    assertJson(contentType);
    const { records, ids } = readBody(jsonOf(body));
    const { servable } = target;
    return {
      rows: records.length,
      ...(ids && { ids }),
      fetches: target.fetches,
      write: (buffer, at) => target.records.write(records, buffer, at),
      render(scored) {
        let text = `{"model":${JSON.stringify(servable.name)},"version":${JSON.stringify(servable.version)},"predictions":[`;
        for (let row = 0; row < scored.rows; row++) {
          text += `${row > 0 ? ',{"id":' : '{"id":'}${JSON.stringify(scored.ids[row])},${target.prediction(scored, row)}}`;
        }
        return `${text}]}`;
      },
    };
  },

  renderError(_status, message) {
    return { contentType: JSON_TYPE, body: JSON.stringify({ error: message }) };
  },
};

function readBody(value: unknown): { records: readonly unknown[]; ids?: readonly string[] } {
  if (!isRecord(value)) {
    throw new RequestError(400, `found ${describe(value)}; accepted is {"rows": [...]} or one row as an object`);
  }
  if (!Object.hasOwn(value, 'rows') || !Array.isArray(value.rows)) return { records: [value] };
  const { rows, ids, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new RequestError(400, `found ${quote(other)} beside "rows"; accepted are "rows" and "ids"`);
  if (ids === undefined || ids === null) return { records: rows as readonly unknown[] };
  return { records: rows as readonly unknown[], ids: readIds(ids, (rows as readonly unknown[]).length) };
}

const LONGEST_ID = 200;

function readIds(ids: unknown, rows: number): readonly string[] {
  if (!Array.isArray(ids) || ids.length !== rows) {
    const found = Array.isArray(ids) ? `${ids.length} ids for ${rows} rows` : describe(ids);
    throw new RequestError(400, `"ids": found ${found}; accepted is a list with an id for each row`);
  }
  return ids.map((id: unknown, row) => {
    if (typeof id === 'number' && Number.isSafeInteger(id)) return String(id);
    if (typeof id === 'string' && id !== '' && id.length <= LONGEST_ID) return id;
    throw new RequestError(
      400,
      `"ids", row ${row + 1}: found ${describe(id)}; accepted is a text of 1 to ${LONGEST_ID} characters`,
    );
  });
}
