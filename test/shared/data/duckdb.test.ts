import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { openDatabase, readRows, readTexts } from '../../../shared/data/duckdb.js';

const folder = mkdtempSync(join(tmpdir(), 'runner-temp-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('the engine takes at most half of the memory, and what is larger spills where the runner clears up', async () => {
  vi.stubEnv('RUNNER_TEMP', folder);
  const { connection, close } = await openDatabase();
  try {
    const [settings] = await readRows(
      connection,
      "SELECT current_setting('memory_limit') AS most, current_setting('temp_directory') AS spill",
    );
    const [, size, unit] = /^([\d.]+) (MiB|GiB)$/.exec(String(settings!.most))!;
    const bytes = Number(size) * 1024 ** (unit === 'GiB' ? 3 : 2);
    expect(bytes).toBeLessThanOrEqual(Math.max(1024 ** 3, totalmem() / 2) * 1.001);
    expect(String(settings!.spill).startsWith(folder)).toBe(true);
    // A sort within a little memory spills, and gives what it gives in memory.
    await connection.run("SET memory_limit = '100MB'; SET threads = 1");
    const sorted = 'SELECT range AS i, md5(range::VARCHAR) AS text FROM range(1500000) ORDER BY text';
    const [first] = await readRows(connection, `SELECT i FROM (${sorted}) LIMIT 1 OFFSET 1499999`);
    expect(first).toEqual({ i: expect.any(String) });
    expect(readdirSync(folder)).toHaveLength(1);
  } finally {
    close();
  }
  expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
});

test('texts that would take more memory than there is are refused in one line, before Node ends', async () => {
  const { connection, close } = await openDatabase();
  try {
    const texts = "SELECT repeat('x', 68) FROM range(10000)";
    expect(await readTexts(connection, texts, { most: 1_480_000 })).toHaveLength(10_000);
    await expect(readTexts(connection, texts, { what: 'the text "note"', most: 1_400_000 })).rejects.toThrow(
      /^the text "note" needs more than 1\.4 MB of memory \([\d,]+ texts so far, 68 characters each\): leave it out \(features\.exclude\)/,
    );
  } finally {
    close();
  }
});
