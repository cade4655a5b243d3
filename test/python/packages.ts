import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An installation of Python that has what a suite needs. */
export interface PythonPackages {
  readonly skip: boolean;
  /** The title of the suite, which says why it skips. */
  readonly title: string;
  /** The folder of the interpreter and of the tools that came with its packages. */
  readonly bin: string;
}

/**
 * The Python that one of its command-line tools on PATH belongs to, when it can import some modules.
 * @param tool such as `mlflow`
 * @param packages names of modules, which are those of their packages too
 */
export function findPackages(tool: string, packages: readonly string[]): PythonPackages {
  const bin = (process.env.PATH ?? '').split(delimiter).find((folder) => existsSync(join(folder, tool)));
  const missing = (why: string): PythonPackages => ({
    ...{ skip: true, bin: bin ?? '' },
    title: `${tool} (skipped: ${why}; pip install ${[...new Set([tool, ...packages])].join(' ')})`,
  });
  if (bin === undefined) return missing('not on PATH');
  const script = `from importlib.metadata import version
from importlib.util import find_spec
missing = [name for name in ${JSON.stringify(packages)} if find_spec(name) is None]
print(f"no {missing[0]}" if missing else version(${JSON.stringify(tool)}))`;
  try {
    const said = execFileSync(join(bin, 'python'), ['-c', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return said.startsWith('no ') ? missing(said) : { skip: false, title: `${tool} ${said}`, bin };
  } catch {
    return missing('its Python cannot be asked');
  }
}

/**
 * The first Python on PATH that can import all of some modules.
 * @param install what pip has to install for them, for the title
 */
export function findModules(modules: readonly string[], install: readonly string[]): PythonPackages {
  const script = `from importlib.util import find_spec
print(" ".join(name for name in ${JSON.stringify(modules)} if find_spec(name) is None))`;
  for (const bin of new Set((process.env.PATH ?? '').split(delimiter))) {
    if (!existsSync(join(bin, 'python'))) continue;
    try {
      const said = execFileSync(join(bin, 'python'), ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      if (said.trim() === '') return { skip: false, title: modules.join(', '), bin };
    } catch {
      // Not a Python that can be asked; the next may be.
    }
  }
  return {
    ...{ skip: true, bin: '' },
    title: `skipped: no Python on PATH has ${modules.join(', ')}; pip install ${install.join(' ')}`,
  };
}

/** What a program prints, as JSON: the last line, for libraries that talk. */
export async function pythonJson(
  { bin }: PythonPackages,
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await run(join(bin, 'python'), [script, ...args], options);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
