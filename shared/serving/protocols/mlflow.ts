import { describe, quote, RequestError } from '../request-error.js';
import type { RowSource } from '../row-buffer.js';
import { isRecord, planColumns, Unreadable, writeTable } from '../row-readers.js';
import { inputColumns, type Servable, type ServedColumn } from '../servable.js';
import { csvValue, readCsv } from './csv.js';
import { JSON_TYPE, jsonOf, type Protocol, type Target, textOf } from './protocol.js';

/**
 * What MLflow's scoring server takes at /invocations: CSV, or JSON in one of four forms; `params` are ignored, since these
 * models have none. A prediction of a regression is its number, one of classes an object with label and probabilities.
 */
export const mlflow: Protocol = {
  name: 'mlflow',

  parse(body, contentType, target) {
    const { servable } = target;
    const source =
      contentKind(contentType) === 'csv' ? csvRows(textOf(body), servable) : jsonRows(readForm(jsonOf(body)), target);
    return {
      ...source,
      fetches: target.fetches,
      render(scored) {
        const isRegression = servable.scores?.task === 'regression';
        let text = '{"predictions":[';
        for (let row = 0; row < scored.rows; row++) {
          if (row > 0) text += ',';
          const members = target.prediction(scored, row);
          text += isRegression ? members.slice('"prediction":'.length) : `{${members}}`;
        }
        return `${text}]}`;
      },
    };
  },

  renderError(status, message) {
    if (status === 415) return { contentType: 'text/plain; charset=utf-8', body: message };
    const code = ERROR_CODES[status] ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR');
    return { contentType: JSON_TYPE, body: JSON.stringify({ error_code: code, message, error: message }) };
  },
};

const ERROR_CODES: Readonly<Record<number, string>> = {
  404: 'RESOURCE_DOES_NOT_EXIST',
  429: 'REQUEST_LIMIT_EXCEEDED',
  503: 'TEMPORARILY_UNAVAILABLE',
};

/** @throws RequestError 415 for anything but CSV or JSON in UTF-8, also for other parameters of the header */
function contentKind(contentType: string | undefined): 'json' | 'csv' {
  const [type, ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const isKnown = parameters.every((parameter) => /^charset\s*=\s*"?utf-?8"?$/.test(parameter));
  if (isKnown && type === 'application/json') return 'json';
  if (isKnown && type === 'text/csv') return 'csv';
  const found = contentType === undefined ? 'no content-type' : `content-type ${quote(contentType)}`;
  throw new RequestError(415, `found ${found}; accepted are application/json and text/csv in UTF-8`);
}

const FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;
type Form = (typeof FORMS)[number];

function readForm(body: unknown): { form: Form; value: unknown } {
  const given = isRecord(body) ? FORMS.filter((form) => Object.hasOwn(body, form)) : [];
  const [form] = given;
  if (!isRecord(body) || form === undefined || given.length > 1) {
    const found = !isRecord(body) ? describe(body) : given.length > 1 ? given.join(' and ') : 'none of them';
    throw new RequestError(400, `the input must be a JSON object with exactly one of ${FORMS.join(', ')}; found ${found}`);
  }
  return { form, value: body[form] };
}

function jsonRows({ form, value }: { form: Form; value: unknown }, target: Target): RowSource {
  switch (form) {
    case 'dataframe_split':
      return splitRows(value, target.servable);
    case 'dataframe_records':
      return recordRows(form, value, target);
    case 'instances':
      if (Array.isArray(value) && !isRecord(value[0])) return listRows(form, value, target.servable);
      return recordRows(form, value, target);
    case 'inputs':
      return isRecord(value) ? columnRows(value, target.servable) : listRows(form, value, target.servable);
  }
}

function splitRows(value: unknown, servable: Servable): RowSource {
  if (!isRecord(value) || !Array.isArray(value.columns) || !Array.isArray(value.data)) {
    throw new RequestError(
      400,
      'dataframe_split: accepted is an object with "columns" (a list of names) and "data" (a list of rows)',
    );
  }
  const names = value.columns.map((name: unknown) => {
    if (typeof name === 'string') return name;
    throw new RequestError(400, `dataframe_split: found ${describe(name)} in "columns"; accepted are names`);
  });
  const rows: readonly unknown[] = value.data;
  const plan = planColumns(servable, names);
  return {
    rows: rows.length,
    write: (buffer, at) =>
      writeTable(servable, plan, rows.length, (row, position) => cellOf(rows[row], position, names), buffer, at),
  };
}

function cellOf(row: unknown, position: number, names: readonly string[]): unknown {
  if (Array.isArray(row) && row.length === names.length) return row[position];
  const found = Array.isArray(row) ? `a list of ${row.length} values` : describe(row);
  return new Unreadable(`found ${found}; accepted is a list of ${names.length} values, one for each of "columns"`);
}

function recordRows(form: Form, value: unknown, { records, servable }: Target): RowSource {
  if (!Array.isArray(value)) throw new RequestError(400, `${form}: found ${describe(value)}; accepted is a list of rows`);
  const rows: readonly unknown[] = form === 'instances' ? value.map((row: unknown) => withoutLists(row, servable)) : value;
  return { rows: rows.length, write: (buffer, at) => records.write(rows, buffer, at) };
}

/** In TensorFlow Serving's row form a value of a [N, 1] input is a list of one. */
function withoutLists(row: unknown, { columns }: Servable): unknown {
  if (!isRecord(row)) return row;
  const lists = new Set(columns.filter(({ width }) => width > 1).map(({ name }) => name));
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, lists.has(name) ? value : onlyItem(value)]));
}

function onlyItem(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
}

/** Rows without names, for a model with one input. */
function listRows(form: Form, value: unknown, servable: Servable): RowSource {
  const inputs = inputColumns(servable);
  const [input] = inputs;
  if (!Array.isArray(value) || inputs.length !== 1 || !input) {
    const found = Array.isArray(value) ? 'rows without names of columns' : describe(value);
    throw new RequestError(
      400,
      `${form}: found ${found}; this model has ${inputs.length} columns, so name them (dataframe_split)`,
    );
  }
  const rows: readonly unknown[] = value;
  const read = input.width > 1 ? (row: unknown) => row : onlyItem;
  return {
    rows: rows.length,
    write: (buffer, at) =>
      writeTable(servable, planColumns(servable, [input.name]), rows.length, (row) => read(rows[row]), buffer, at),
  };
}

/** Lists of values by column name. */
function columnRows(value: Readonly<Record<string, unknown>>, servable: Servable): RowSource {
  const lists = Object.entries(value).map(([name, list]): [string, readonly unknown[]] => {
    if (Array.isArray(list)) return [name, list];
    throw new RequestError(400, `inputs, column ${quote(name)}: found ${describe(list)}; accepted is a list of values`);
  });
  const rows = lists[0]?.[1].length ?? 0;
  const other = lists.find(([, list]) => list.length !== rows);
  if (other) {
    throw new RequestError(
      400,
      `inputs: columns ${quote(lists[0]![0])} and ${quote(other[0])} have ${rows} and ${other[1].length} values`,
    );
  }
  const widths = new Map(servable.columns.map(({ name, width }) => [name, width]));
  const read = lists.map(([name]) => ((widths.get(name) ?? 1) > 1 ? (item: unknown) => item : onlyItem));
  const plan = planColumns(
    servable,
    lists.map(([name]) => name),
  );
  return {
    rows,
    write: (buffer, at) =>
      writeTable(servable, plan, rows, (row, position) => read[position]!(lists[position]![1][row]), buffer, at),
  };
}

function csvRows(text: string, servable: Servable): RowSource {
  const { names, records } = readCsv(text);
  const plan = planColumns(servable, names);
  if (plan.problem !== undefined && names.includes('')) {
    throw new RequestError(400, 'a column has no name: write the CSV without an index (pandas: to_csv(index=False))');
  }
  const columns = plan.indexes.map((index): ServedColumn | undefined => servable.columns[index]);
  const valueAt = (row: number, position: number): unknown => {
    const record = records[row]!;
    if (record.length > names.length) {
      return new Unreadable(`found ${record.length} values; accepted are ${names.length}, one for each name of the first line`);
    }
    return csvValue(record[position], columns[position]!);
  };
  return {
    rows: records.length,
    write: (buffer, at) => writeTable(servable, plan, records.length, valueAt, buffer, at),
  };
}
