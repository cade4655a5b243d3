import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { installNative } from '../../../shared/runner/native-install.js';
import { openScene, type Scene } from '../../github/scene.js';

/**
 * The installation of native modules when things go wrong, with npm itself and a registry of this test: one small package
 * that looks like onnxruntime-node, for this platform and another one.
 */

const NAME = 'onnxruntime-node';
const OURS = `bin/napi-v6/${process.platform}/${process.arch}/binding.node`;

let folder: string;
let server: Server;
let tarball: Buffer;
/** What the registry does when it is asked for the package. */
let answer: 'whole' | 'cut off' | 'another';
let downloads: number;
const before = { ...process.env };

async function makeTarball(content: string): Promise<Buffer> {
  const archive = pack();
  const files = {
    'package.json': JSON.stringify({ name: NAME, version: '1.0.0', main: 'index.js' }),
    'index.js': `module.exports = ${JSON.stringify(content)};`,
    [OURS]: 'machine code',
    'bin/napi-v6/plan9/pdp11/binding.node': 'machine code of elsewhere',
  };
  for (const [name, text] of Object.entries(files)) archive.entry({ name: `package/${name}` }, text);
  archive.finalize();
  return buffer(archive.pipe(createGzip()));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'native-'));
  tarball = await makeTarball('right');
  const other = await makeTarball('wrong');
  answer = 'whole';
  downloads = 0;
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  server = createServer((request, response) => {
    const file = `/${NAME}/-/${NAME}-1.0.0.tgz`;
    if (request.url !== file) {
      // What npm asks first, since the lock file names no addresses.
      const dist = { tarball: `http://${request.headers.host}${file}`, integrity };
      const versions = { '1.0.0': { name: NAME, version: '1.0.0', dist } };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ name: NAME, 'dist-tags': { latest: '1.0.0' }, versions }));
      return;
    }
    downloads++;
    const body = answer === 'another' ? other : tarball;
    response.writeHead(200, { 'content-length': body.length, 'content-type': 'application/octet-stream' });
    if (answer !== 'cut off') {
      response.end(body);
      return;
    }
    response.write(body.subarray(0, 100));
    setTimeout(() => response.destroy(), 20);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const dependencies = { [NAME]: '1.0.0' };
  await mkdir(join(folder, 'lock'));
  await writeFile(join(folder, 'lock/package.json'), JSON.stringify({ name: 'native', version: '1.0.0', dependencies }));
  await writeFile(
    join(folder, 'lock/package-lock.json'),
    JSON.stringify({
      ...{ name: 'native', version: '1.0.0', lockfileVersion: 3, requires: true },
      packages: {
        '': { name: 'native', version: '1.0.0', dependencies },
        [`node_modules/${NAME}`]: { version: '1.0.0', integrity },
      },
    }),
  );
  Object.assign(process.env, {
    RUNNER_TOOL_CACHE: join(folder, 'tools'),
    RUNNER_TEMP: join(folder, 'temp'),
    npm_config_registry: registry,
    npm_config_cache: join(folder, 'npm-cache'),
    npm_config_fetch_retries: '0',
  });
  for (const name of ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL', 'ACTIONS_CACHE_URL']) delete process.env[name];
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const install = (): Promise<string> => installNative(join(folder, 'lock'));
const moduleIn = (home: string): Promise<string> => readFile(join(home, 'node_modules', NAME, 'index.js'), 'utf8');
/** What lies beside the finished folder: nothing, once all is done. */
const beside = async (home: string): Promise<string[]> =>
  (await readdir(dirname(home))).filter((name) => name !== `${process.platform}-${process.arch}`);

test('once, for this platform only, and found again without npm', async () => {
  const home = await install();
  expect(home.startsWith(join(folder, 'tools'))).toBe(true);
  expect(await moduleIn(home)).toContain('right');
  expect(await readdir(join(home, 'node_modules', NAME, 'bin/napi-v6/plan9'))).toEqual([]);
  expect(existsSync(join(home, 'node_modules', NAME, OURS))).toBe(true);
  process.env.PATH = '';
  expect(await install()).toBe(home);
  expect(downloads).toBe(1);
});

test('by several steps at once: each finds all of it, and none takes away what another uses', async () => {
  const homes = await Promise.all([install(), install(), install()]);
  expect(new Set(homes).size).toBe(1);
  expect(await moduleIn(homes[0]!)).toContain('right');
  expect(await beside(homes[0]!)).toEqual([]);
});

test('after an installation that was broken off', async () => {
  const home = await install();
  await rm(join(home, '.complete'));
  await rm(join(home, 'node_modules'), { recursive: true });
  await writeFile(join(home, 'half.txt'), 'half');
  expect(await install()).toBe(home);
  expect(await readdir(home)).not.toContain('half.txt');
  expect(await beside(home)).toEqual([]);
});

describe('what npm cannot get is told in one line, and leaves nothing behind', () => {
  test.each([
    ['a download that breaks off', 'cut off', /npm ci of the native modules failed: .+add a step with actions\/setup-node/],
    ['a package with another content', 'another', /npm ci of the native modules failed: .*(EINTEGRITY|sha512)/],
  ] as const)('%s', async (_, kind, message) => {
    answer = kind;
    const error = await install().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'UserError', message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain('\n');
    const [version] = (await readdir(join(folder, 'tools/mlops-actions-native'))).filter((name) => !name.startsWith('.'));
    expect(await readdir(join(folder, 'tools/mlops-actions-native', version!))).toEqual([]);

    answer = 'whole';
    expect(await moduleIn(await install())).toContain('right');
  });

  test('no npm on PATH', async () => {
    process.env.PATH = join(folder, 'nothing');
    await expect(install()).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/^npm could not be started .*add a step with actions\/setup-node/),
    });
  });
});

test('a tool cache that cannot be written to is read, and else the job has a place of its own', async () => {
  // A file stands in the way, which stops root too.
  await writeFile(join(folder, 'file'), '');
  process.env.RUNNER_TOOL_CACHE = join(folder, 'file');
  const home = await install();
  expect(home.startsWith(join(folder, 'temp'))).toBe(true);
  expect(await install()).toBe(home);
  expect(downloads).toBe(1);
});

describe('with the cache service', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await openScene();
    const { github, repository, own } = scene;
    const run = github.startRun({
      ...{ repository, workflowName: 'CI', path: '.github/workflows/ci.yml', headSha: own.base.sha },
      ...{ event: 'push', headBranch: 'main' },
    });
    const event = join(folder, 'event.json');
    await writeFile(event, JSON.stringify({ repository: { default_branch: 'main' } }));
    await mkdir(join(folder, 'temp'), { recursive: true });
    Object.assign(process.env, {
      ACTIONS_RUNTIME_TOKEN: github.startJob(run, { name: 'x', permissions: {} }).runtimeToken,
      ...{ ACTIONS_RESULTS_URL: github.resultsUrl, ACTIONS_CACHE_SERVICE_V2: 'True' },
      ...{ GITHUB_EVENT_PATH: event, GITHUB_REF: 'refs/heads/main', GITHUB_WORKSPACE: folder },
    });
    delete process.env.GITHUB_SERVER_URL;
  });
  afterEach(() => scene.github.close());

  test('what the default branch has installed, another runner unpacks, without npm', async () => {
    await install();
    await rm(join(folder, 'tools'), { recursive: true });
    const home = await install();
    expect(await moduleIn(home)).toContain('right');
    expect(downloads).toBe(1);
    expect((await readdir(join(folder, 'temp'))).filter((name) => name.startsWith('mlops'))).toEqual([]);
  });

  test('a pull request saves nothing', async () => {
    process.env.GITHUB_REF = 'refs/pull/1/merge';
    await install();
    await rm(join(folder, 'tools'), { recursive: true });
    await install();
    expect(downloads).toBe(2);
  });
});
