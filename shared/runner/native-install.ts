import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, UserError } from '../core/errors.js';
import { restoreFromCache, saveToCache } from './cache.js';
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
  const toolCache = process.env.RUNNER_TOOL_CACHE || join(tmpdir(), 'mlops-actions-tool-cache');
  const home = join(toolCache, 'mlops-actions-native', version, `${process.platform}-${process.arch}`);
  if (existsSync(completeMark(home))) return home;

  const key = `mlops-actions-native-${process.platform}-${process.arch}-${version}`;
  if ((await restoreFromCache([home], key)) && existsSync(completeMark(home))) {
    logLine('Native modules: from the Actions cache.');
    return home;
  }

  const started = performance.now();
  logLine('Native modules (DuckDB, ONNX Runtime): not on this runner yet, installing them with npm...');
  await mkdir(join(home, '..'), { recursive: true });
  // Made aside and moved in one step: another job on the same machine sees all of it or nothing.
  const workshop = await mkdtemp(`${home}.`);
  try {
    for (const file of MANIFEST_FILES) await copyFile(join(lockDirectory, file), join(workshop, file));
    await npmCi(workshop);
    await pruneOtherPlatforms(join(workshop, 'node_modules/onnxruntime-node/bin'));
    await writeFile(completeMark(workshop), '');
    await rm(home, { recursive: true, force: true });
    await rename(workshop, home).catch((error: unknown) => {
      if (!existsSync(completeMark(home))) throw error;
    });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  logLine(`Native modules: installed in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  // An entry of a pull request is invisible to every other branch and evicts others: only the default branch saves.
  if (readEnvironment().onDefaultBranch) await saveToCache([home], key);
  return home;
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
      else reject(new UserError(`npm ci of the native modules failed: ${firstLine(complaint)}. ${advice}`));
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

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.trim() || 'no message';
}
