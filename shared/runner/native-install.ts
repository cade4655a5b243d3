import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { messageOf, UserError } from '../core/errors.js';
import { cacheAvailable, restoreFromCache, saveToCache } from './cache.js';
import { readEnvironment } from './environment.js';
import { logLine } from './log.js';

const MANIFEST_FILES = ['package.json', 'package-lock.json'];

/**
 * Finds or makes the folder whose `node_modules` holds the native modules: the runner's tool cache, else the Actions
 * cache, else npm with the committed lock file (sha512 of every package). npm is the downloader because it already
 * knows the user's registry, proxy and mirror.
 * @param lockDirectory folder with package.json and package-lock.json
 * @returns the folder that contains package.json and node_modules
 */
export async function installNative(lockDirectory: string): Promise<string> {
  const lock = await readFile(join(lockDirectory, 'package-lock.json'));
  const version = createHash('sha256').update(lock).digest('hex').slice(0, 16);
  const place = join('mlops-actions-native', version, `${process.platform}-${process.arch}`);
  const ready = toolFolders()
    .map((folder) => join(folder, place))
    .find((folder) => existsSync(completeMark(folder)));
  if (ready) return ready;
  const home = join(await writableFolder(), place);
  await mkdir(dirname(home), { recursive: true });

  const key = `mlops-actions-native-${process.platform}-${process.arch}-${version}`;
  // Unpacked beside: what lies in the tool cache is complete, whoever looks at it.
  const parcel = join(process.env.RUNNER_TEMP || tmpdir(), `mlops-actions-native-${version}`);
  if ((await restoreFromCache([parcel], key)) && existsSync(completeMark(parcel))) {
    await moveIn(parcel, home);
    logLine('Native modules: from the Actions cache.');
    return home;
  }

  const started = performance.now();
  logLine('Native modules (DuckDB, ONNX Runtime): not on this runner yet, installing them with npm...');
  const workshop = await mkdtemp(`${home}.`);
  try {
    for (const file of MANIFEST_FILES) await copyFile(join(lockDirectory, file), join(workshop, file));
    await npmCi(workshop);
    await pruneOtherPlatforms(join(workshop, 'node_modules/onnxruntime-node/bin'));
    await writeFile(completeMark(workshop), '');
    await settle(workshop, home);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  logLine(`Native modules: installed in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  // An entry of a pull request is invisible to every other branch and evicts others: only the default branch saves.
  if (readEnvironment().onDefaultBranch && cacheAvailable()) {
    await rm(parcel, { recursive: true, force: true });
    await cp(home, parcel, { recursive: true });
    await saveToCache([parcel], key);
    await rm(parcel, { recursive: true, force: true });
  }
  return home;
}

/** Where the modules may lie, the best place first: one that outlives the job, then places that end with it. */
function toolFolders(): readonly string[] {
  const { RUNNER_TOOL_CACHE, RUNNER_TEMP } = process.env;
  const own = [RUNNER_TOOL_CACHE, RUNNER_TEMP].flatMap((folder) => (folder ? [folder] : []));
  return [...own, join(tmpdir(), 'mlops-actions-tool-cache')];
}

/** The first of them that can be written to: a tool cache may belong to somebody else, or be mounted to be read only. */
async function writableFolder(): Promise<string> {
  let reason: unknown;
  for (const folder of toolFolders()) {
    try {
      const own = join(folder, 'mlops-actions-native');
      await mkdir(own, { recursive: true });
      await rm(await mkdtemp(join(own, '.try-')), { recursive: true });
      return folder;
    } catch (error) {
      reason = error;
    }
  }
  throw new UserError(
    `The native modules (DuckDB, ONNX Runtime) cannot be put anywhere: ${messageOf(reason)}. Make the folder that RUNNER_TEMP names writable.`,
    { cause: reason },
  );
}

/** Brings a folder to its place from another disk, maybe. */
async function moveIn(parcel: string, home: string): Promise<void> {
  const workshop = await mkdtemp(`${home}.`);
  try {
    await cp(parcel, workshop, { recursive: true });
    await settle(workshop, home);
  } finally {
    await rm(workshop, { recursive: true, force: true });
    await rm(parcel, { recursive: true, force: true });
  }
}

/**
 * Moves a complete folder to its place in one step: another job on the same machine sees all of it or nothing. Whoever
 * comes second leaves the first one's alone, since it may be in use; what is there and not complete is put aside.
 */
async function settle(workshop: string, home: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await rename(workshop, home);
      return;
    } catch (error) {
      if (existsSync(completeMark(home))) return;
      if (tries === 3) throw error;
      const aside = `${home}.broken-${process.pid}-${tries}`;
      await rename(home, aside).catch(() => {}); // Another one has been quicker; the next try will see.
      await rm(aside, { recursive: true, force: true });
    }
  }
}

/** Written last, so that its presence says that everything else is there. */
function completeMark(home: string): string {
  return join(home, '.complete');
}

function npmCi(directory: string): Promise<void> {
  const advice =
    'The actions need npm on the runner to install DuckDB and ONNX Runtime: add a step with actions/setup-node before this one, ' +
    'or, behind a mirror, configure npm (registry, proxy) for the runner.';
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['ci', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: directory,
      env: environmentForNpm(),
      stdio: ['ignore', 'ignore', 'pipe'],
      // npm is a script on Windows, which only a shell can start; every argument is a constant.
      shell: process.platform === 'win32',
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString('utf8')).slice(-2000);
    });
    child.on('error', (cause) => reject(new UserError(`npm could not be started (${messageOf(cause)}). ${advice}`, { cause })));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new UserError(`npm ci of the native modules failed: ${complaintOf(complaint)}. ${advice}`));
    });
  });
}

/** npm gets the user's npm settings, and neither the inputs of the action nor the tokens of the job. */
function environmentForNpm(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(INPUT_|ACTIONS_|GITHUB_TOKEN$)/.test(name)));
}

/** onnxruntime-node carries every platform (280 MB); one is 45 MB. */
async function pruneOtherPlatforms(bin: string): Promise<void> {
  for (const api of await readdir(bin)) {
    for (const platform of await readdir(join(bin, api))) {
      for (const arch of await readdir(join(bin, api, platform))) {
        if (platform !== process.platform || arch !== process.arch)
          await rm(join(bin, api, platform, arch), { recursive: true, force: true });
      }
    }
  }
}

/** What npm complains of, without its log file and its own name on every line. */
function complaintOf(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim())
    .filter((line) => line !== '' && !/A complete log of this run|^\/.*-debug-\d+\.log$/.test(line));
  const words = lines.join('; ');
  return words === '' ? 'no message' : words.slice(0, 400);
}
