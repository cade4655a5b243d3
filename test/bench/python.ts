import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf } from '../../shared/core/errors.js';

const run = promisify(execFile);
const ENVIRONMENTS = fileURLToPath(new URL('../../.mlops-actions', import.meta.url));

/** The peers' interpreter, or why there is none. */
export type Python = { readonly path: string } | { readonly missing: string };

/**
 * The Python of a virtual environment of the benchmarks, one for each list of packages: not all of them get along.
 * @param install makes the environment, or brings it up to date, first
 * @param list the file of its packages
 */
export async function findPython(install: boolean, list = 'requirements.txt'): Promise<Python> {
  const environment = join(
    ENVIRONMENTS,
    list === 'requirements.txt' ? 'venv' : `venv-${list.replace('-requirements.txt', '')}`,
  );
  const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  try {
    if (install) {
      if (!existsSync(python)) await run('python3', ['-m', 'venv', environment]);
      const packages = fileURLToPath(new URL(list, import.meta.url));
      await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', packages]);
    }
  } catch (error) {
    return { missing: `the virtual environment could not be made: ${messageOf(error).split('\n')[0]}` };
  }
  return existsSync(python) ? { path: python } : { missing: 'no virtual environment; run with --install' };
}

/** Settings of NumPy's library that some machines carry for other reasons and that make it slow. */
const SLOW_SETTINGS = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE'];

/** The environment of this process without what would slow the peers down. */
export function fairEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !SLOW_SETTINGS.includes(name)));
}

/**
 * Runs a script that prints one JSON value as its last line.
 * @param interpreter a Python, or this Node
 * @param longest seconds that it may take
 * @throws Error with what the script wrote when it fails, or that it took too long
 */
export async function runScript(
  interpreter: string,
  script: string,
  args: readonly string[],
  env: Record<string, string>,
  longest?: number,
): Promise<unknown> {
  const options = { env: { ...fairEnvironment(), ...env }, maxBuffer: 2 ** 26, timeout: (longest ?? 0) * 1000 };
  const { stdout } = await run(interpreter, [script, ...args], options).catch((error: unknown) => {
    throw (error as { killed?: boolean }).killed ? new Error(`it took longer than ${longest} s`) : error;
  });
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}
