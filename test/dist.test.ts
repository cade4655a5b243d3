import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { staleFiles } from '../build.mjs';
import { ROOT, readActions } from './docs/action-files.js';

const run = promisify(execFile);

test('dist/ is what the source builds: run "npm run build" and commit it', async () => {
  expect(await staleFiles()).toEqual([]);
});

test.each([...(await readActions()).keys()])(
  'the bundle of %s starts, says its name first, and fails in one line',
  async (name) => {
    const directory = await mkdtemp(join(tmpdir(), 'bundle-'));
    try {
      const env = { PATH: process.env.PATH, GITHUB_WORKSPACE: directory, 'INPUT_WORKING-DIRECTORY': '.' };
      const failed = await run(process.execPath, [`${ROOT}dist/${name}.js`], { cwd: directory, env }).then(
        () => undefined,
        (error: { code: number; stdout: string; stderr: string }) => error,
      );
      expect(failed?.code).toBe(1);
      expect(failed?.stdout.split('\n')[0]).toMatch(new RegExp(`^mlops-actions ${name} \\d+\\.\\d+\\.\\d+$`));
      expect(failed?.stdout).toMatch(/^::error::Input "[a-z-]+" is /m);
      expect(`${failed?.stdout}${failed?.stderr}`).not.toMatch(/^\s+at /m);
    } finally {
      await rm(directory, { recursive: true });
    }
  },
);
