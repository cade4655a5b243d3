import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { literal } from '../../../shared/data/sql.js';
import { refuseCutArchives } from '../../../shared/data/whole-archives.js';
import { cleanUp, duck, open, userError, workspace } from './workspace.js';

cleanUp();

const ROWS = 20_000;
let directory: string;
const packed: Record<string, Buffer> = {};
beforeAll(async () => {
  directory = workspace();
  const query = `SELECT i AS id, i * 7919 % 10007 AS x FROM range(${ROWS}) t(i)`;
  await duck(
    `COPY (${query}) TO ${literal(join(directory, 'a.csv'))}`,
    `COPY (${query}) TO ${literal(join(directory, 'a.csv.zst'))}`,
  );
  packed.zst = readFileSync(join(directory, 'a.csv.zst'));
  packed.gz = gzipSync(readFileSync(join(directory, 'a.csv')));
});

const refuse = (file: string): Promise<void> =>
  refuseCutArchives([{ path: join(directory, file), display: file, format: 'csv' }]);

describe.each(['gz', 'zst'])('a file packed as .%s', (ending) => {
  test('is whole, one after another too', async () => {
    const whole = packed[ending]!;
    writeFileSync(join(directory, `whole.csv.${ending}`), whole);
    await refuse(`whole.csv.${ending}`);
    writeFileSync(join(directory, `two.csv.${ending}`), Buffer.concat([whole, whole]));
    await refuse(`two.csv.${ending}`);
    expect((await open(directory, { data: { path: `whole.csv.${ending}` }, target: { column: 'x' } })).rows).toBe(ROWS);
  });

  test('is refused wherever it is cut off', async () => {
    const whole = packed[ending]!;
    const file = `cut.csv.${ending}`;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (length) => {
        writeFileSync(join(directory, file), whole.subarray(0, length));
        expect(await userError(refuse(file))).toMatch(/^cut\.csv\.\w+: the packed file is not whole/);
      }),
      { numRuns: 40 },
    );
  });

  test('is said to be cut off, and not to have a row with too few fields', async () => {
    writeFileSync(join(directory, `b.csv.${ending}`), packed[ending]!.subarray(0, packed[ending]!.length * 0.77));
    const message = await userError(open(directory, { data: { path: `b.csv.${ending}` }, target: { column: 'x' } }));
    expect(message).toMatch(/^b\.csv\.\w+: the packed file is not whole/);
  });
});
