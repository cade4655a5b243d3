import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mlflow } from '../../../../shared/serving/protocols/mlflow.js';
import { oip } from '../../../../shared/serving/protocols/oip.js';
import { predict } from '../../../../shared/serving/protocols/predict.js';
import type { Protocol } from '../../../../shared/serving/protocols/protocol.js';
import { PROTOCOLS } from '../../../../shared/serving/protocols/protocols.js';
import { RequestError } from '../../../../shared/serving/request-error.js';
import { RowBuffer } from '../../../../shared/serving/row-buffer.js';
import { type OutputValues, ScoredRows } from '../../../../shared/serving/scored-rows.js';
import type { Servable } from '../../../../shared/serving/servable.js';
import { createTarget } from '../../../../shared/serving/target.js';
import { csvLine } from '../trained.js';

const servable: Servable = {
  name: 'orders',
  version: 'v1.0.0',
  digest: `sha256:${'0'.repeat(64)}`,
  columns: [
    { name: 'country', type: 'string', tensor: 'string', rank: 2, width: 1 },
    { name: 'constructor', type: 'number', tensor: 'float64', rank: 2, width: 1 },
    { name: 'items', type: 'integer', tensor: 'int64', rank: 2, width: 1 },
    { name: 'express', type: 'boolean', tensor: 'float32', rank: 1, width: 1 },
    { name: 'ordered', type: 'timestamp', tensor: 'int64', rank: 2, width: 1 },
    { name: 'id', type: 'string', rank: 1, width: 1 },
  ],
  outputs: [
    { name: 'label', tensor: 'string', shape: ['N'] },
    { name: 'probabilities', tensor: 'float32', shape: ['N', 2] },
  ],
  scores: { task: 'binary', output: 'probabilities', classes: ['no', 'yes'], threshold: 0.5, label: 'label' },
};
const target = createTarget(servable);

type Row = Readonly<Record<string, string | number | boolean | null>>;

const anyRow: fc.Arbitrary<Row> = fc.record({
  // A carriage return in a CSV cell is one of its line ends to some writers; the empty text is a missing value.
  country: fc.option(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\r', ' '))),
  constructor: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
  items: fc.option(fc.maxSafeInteger()),
  express: fc.option(fc.boolean()),
  ordered: fc.option(
    fc
      .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
  ),
  id: fc.option(fc.string({ maxLength: 5 }).map((text) => text.replaceAll('\r', ' '))),
});

/** What the columns hold once a request has been written, or its complaint. */
function written(protocol: Protocol, body: string, contentType = 'application/json'): unknown {
  try {
    const request = protocol.parse(Buffer.from(body), contentType, target);
    const buffer = new RowBuffer(servable, request.rows + 3);
    const problems = request.write(buffer, 3);
    if (problems.length > 0) return problems.map(({ row, message }) => `${row}: ${message}`);
    return buffer.columns.map((column) => {
      const log = column.createLog(request.rows);
      column.copy(log, 0, 3, 3 + request.rows);
      return [...log];
    });
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
}

function cellsOf(row: Row): unknown[] {
  const micros = row.ordered === null ? -(2n ** 63n) : BigInt(Date.parse(String(row.ordered))) * 1000n;
  return [
    row.country ?? '',
    row.constructor ?? Number.NaN,
    row.items === null ? -(2n ** 63n) : BigInt(row.items as number),
    row.express === null ? Number.NaN : Number(row.express),
    micros,
    row.id ?? '',
  ];
}

describe('every form of the same rows', () => {
  const names = servable.columns.map(({ name }) => name);
  const datatypes = { country: 'BYTES', constructor: 'FP64', items: 'INT64', express: 'BOOL', ordered: 'BYTES', id: 'BYTES' };
  const forms: Readonly<Record<string, (rows: readonly Row[]) => unknown>> = {
    '/predict': (rows) => written(predict, JSON.stringify({ rows })),
    dataframe_records: (rows) => written(mlflow, JSON.stringify({ dataframe_records: rows })),
    dataframe_split: (rows) =>
      written(
        mlflow,
        JSON.stringify({
          dataframe_split: {
            columns: [...names].reverse(),
            data: rows.map((row) => [...names].reverse().map((name) => row[name])),
          },
        }),
      ),
    instances: (rows) =>
      written(
        mlflow,
        JSON.stringify({ instances: rows.map((row) => Object.fromEntries(names.map((name) => [name, [row[name]]]))) }),
      ),
    inputs: (rows) =>
      written(
        mlflow,
        JSON.stringify({ inputs: Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])])) }),
      ),
    CSV: (rows) =>
      written(mlflow, [names, ...rows.map((row) => names.map((name) => row[name]!))].map(csvLine).join(''), 'text/csv'),
    'the Open Inference Protocol': (rows) =>
      written(
        oip,
        JSON.stringify({
          inputs: Object.entries(datatypes).map(([name, datatype]) => ({
            name,
            datatype,
            shape: [rows.length, 1],
            data: rows.map((row) => row[name]),
          })),
        }),
      ),
  };

  test.each(Object.keys(forms))('%s writes their values', (form) => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 5 }), (rows) => {
        const cells = rows.map(cellsOf);
        expect(forms[form]!(rows)).toEqual(names.map((_, column) => cells.map((row) => row[column])));
      }),
    );
  });
});

describe('any JSON', () => {
  const leaf = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('inputs', 'BYTES', 'FP64', [1], [2, 1], '__proto__'));
  const key = fc.constantFrom(
    'rows',
    'ids',
    'inputs',
    'outputs',
    'id',
    'name',
    'shape',
    'datatype',
    'data',
    'columns',
    'dataframe_split',
    'dataframe_records',
    'instances',
    'country',
    'constructor',
    'items',
    '__proto__',
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
    ),
  }));

  test.each(Object.values(PROTOCOLS))('$name answers with rows or with one line', (protocol) => {
    fc.assert(
      fc.property(tree, (value) => {
        const result = written(protocol, JSON.stringify(value) ?? 'null');
        for (const line of typeof result === 'string' ? [result] : []) expect(line).not.toMatch(/[\n\r]/);
      }),
      { numRuns: 500 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test.each(Object.values(PROTOCOLS))('$name answers any bytes', (protocol) => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom('application/json', 'text/csv', undefined),
        (bytes, type) => {
          try {
            protocol.parse(bytes, type, target);
          } catch (error) {
            expect(error).toBeInstanceOf(RequestError);
          }
        },
      ),
    );
  });
});

describe('an answer', () => {
  const scored = (scores: readonly number[]): ScoredRows => {
    const rows = scores.length / 2;
    const outputs = new Map<string, OutputValues>([['probabilities', Float64Array.from([9, 9, ...scores])]]);
    const ids = Array.from({ length: rows }, (_, row) => `"${row}\n`);
    return new ScoredRows({
      servable,
      buffer: new RowBuffer(servable, rows + 1),
      at: 1,
      rows,
      ids,
      outputs,
      scored: { start: 0, end: rows + 1 },
    });
  };
  const body = (protocol: Protocol): string =>
    protocol === oip
      ? JSON.stringify({ inputs: [{ name: 'items', shape: [2], datatype: 'INT64', data: [1, 2] }] })
      : '{"dataframe_records":[],"x":1}';

  test('is JSON whatever the numbers and the names are', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), fc.double(), (a, b, c) => {
        const rows = scored([a, b, c, Number.NaN]);
        for (const protocol of Object.values(PROTOCOLS)) {
          const text = protocol.parse(Buffer.from(body(protocol)), 'application/json', target).render(rows);
          const answer = JSON.parse(text) as Record<string, unknown>;
          const or = (value: number): number | null => (Number.isFinite(value) ? value + 0 : null);
          if (protocol === oip) {
            expect(answer.outputs).toMatchObject([{ shape: [2] }, { shape: [2, 2], data: [or(a), or(b), or(c), null] }]);
          } else {
            const probabilities = [
              { no: or(a), yes: or(b) },
              { no: or(c), yes: null },
            ];
            expect(answer.predictions).toMatchObject(
              probabilities.map((each, row) => ({ probabilities: each, ...(protocol === predict && { id: `"${row}\n` }) })),
            );
          }
        }
      }),
    );
  });

  test('says the positive class from the threshold on', () => {
    const strict: Servable = { ...servable, scores: { ...servable.scores!, threshold: 0.8 } };
    const rows = new ScoredRows({
      servable: strict,
      buffer: new RowBuffer(strict, 3),
      at: 0,
      rows: 3,
      ids: ['a', 'b', 'c'],
      outputs: new Map([['probabilities', [0.21, 0.79, 0.2, 0.8, 0, 1]]]),
      scored: { start: 0, end: 3 },
    });
    expect([0, 1, 2].map((row) => rows.labelIndex(row))).toEqual([0, 1, 1]);
    const text = oip.parse(Buffer.from(body(oip)), 'application/json', createTarget(strict)).render(rows);
    expect(JSON.parse(text)).toMatchObject({ outputs: [{ name: 'label', data: ['no', 'yes', 'yes'] }, {}] });
  });
});
