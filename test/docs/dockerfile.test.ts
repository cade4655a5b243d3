import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ROOT } from './action-files.js';

/** What can be checked of the Dockerfile where there is no Docker engine. CI also lints it with hadolint where Python is. */

const run = promisify(execFile);

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions by stage; lines that go on are joined, comments left out. */
async function stages(): Promise<readonly (readonly Instruction[])[]> {
  const text = await readFile(`${ROOT}Dockerfile`, 'utf8');
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const found: Instruction[][] = [];
  for (const line of lines) {
    const [, name, rest] = /^([A-Z]+) (.*)$/.exec(line)!;
    if (name === 'FROM') found.push([]);
    found.at(-1)!.push({ name: name!, text: rest! });
  }
  return found;
}

const all = await stages();
const last = all.at(-1)!;
const textOf = (name: string): string | undefined => last.findLast((instruction) => instruction.name === name)?.text;
const commandOf = (text: string): string[] => JSON.parse(text.slice(text.indexOf('["'))) as string[];

describe('the Dockerfile', () => {
  test('has one base image, pinned by version and digest, on a Node that the project runs on', async () => {
    const bases = all.map(([from]) => from!.text.split(' ')[0]!);
    expect(new Set(bases).size).toBe(1);
    const [, major] = /^node:(\d+)\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/.exec(bases[0]!)!;
    const { engines } = JSON.parse(await readFile(`${ROOT}package.json`, 'utf8')) as { engines: { node: string } };
    expect(engines.node).toBe('>=20.19');
    expect(Number(major)).toBeGreaterThanOrEqual(20);
  });

  test('ends as a user that is not root, by number', () => {
    const user = last.findIndex(({ name }) => name === 'USER');
    expect(last[user]!.text).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(last.findIndex(({ name }) => name === 'CMD')).toBeGreaterThan(user);
    expect(last.slice(user).map(({ name }) => name)).not.toContain('RUN');
  });

  test('copies what is there and what the context lets through', async () => {
    const ignore = (await readFile(`${ROOT}.dockerignore`, 'utf8')).trim().split('\n');
    expect(ignore[0]).toBe('*');
    const open = ignore.slice(1).map((line) => line.replace(/^!/, ''));
    const copied = all
      .flat()
      .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from='))
      .flatMap(({ text }) => text.split(' ').slice(0, -1));
    expect(copied.length).toBeGreaterThan(2);
    for (const path of copied) {
      await stat(join(ROOT, path));
      expect(open).toContain(path.split('/')[0]);
    }
    expect(commandOf(textOf('CMD')!)).toEqual(['node', 'dist/server.js']);
  });

  test('keeps the native code of its own platform alone', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'native-'));
    try {
      for (const platform of ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64']) {
        const folder = join(directory, 'node_modules/onnxruntime-node/bin/napi-v6', platform);
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, 'library'), '');
      }
      const install = all[0]!.find(({ name }) => name === 'RUN')!.text;
      const [, prune] = /&& (find .*)$/.exec(install)!;
      await run('sh', ['-c', prune!], { cwd: directory, env: { PATH: process.env.PATH } });
      const kept = await readdir(directory, { recursive: true });
      expect(kept.filter((path) => path.endsWith('library'))).toEqual([
        `node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/library`,
      ]);
      expect(install).toContain('npm ci --ignore-scripts --omit=dev');
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('knows whether the server is well', async () => {
    const [node, ...args] = commandOf(textOf('HEALTHCHECK')!);
    expect(node).toBe('node');
    let status = 200;
    const paths: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const check = (): Promise<unknown> => run(process.execPath, args, { env: { MLOPS_SERVER_PORT: String(port) } });
    await check();
    status = 503;
    await expect(check()).rejects.toMatchObject({ code: 1 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(check()).rejects.toMatchObject({ code: 1 });
    expect(paths).toEqual(['/v2/health/live', '/v2/health/live']);
  });
});
