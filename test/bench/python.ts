import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf } from '../../shared/core/errors.js';

const run = promisify(execFile);
const ENVIRONMENT = fileURLToPath(new URL('../../.mlops-actions/venv', import.meta.url));
const PYTHON = process.platform === 'win32' ? `${ENVIRONMENT}/Scripts/python.exe` : `${ENVIRONMENT}/bin/python`;
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));

/** The peers' interpreter, or why there is none. */
export type Python = { readonly path: string } | { readonly missing: string };

/** The Python of the benchmarks' virtual environment. @param install makes the environment, or brings it up to date, first */
export async function findPython(install: boolean): Promise<Python> {
  try {
    if (install) {
      if (!existsSync(PYTHON)) await run('python3', ['-m', 'venv', ENVIRONMENT]);
      await run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
    }
  } catch (error) {
    return { missing: `the virtual environment could not be made: ${messageOf(error).split('\n')[0]}` };
  }
  return existsSync(PYTHON) ? { path: PYTHON } : { missing: 'no virtual environment; run with --install' };
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
 * @throws Error with what the script wrote when it fails
 */
export async function runScript(
  interpreter: string,
  script: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<unknown> {
  const { stdout } = await run(interpreter, [script, ...args], { env: { ...fairEnvironment(), ...env }, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}
