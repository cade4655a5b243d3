import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A command-line tool of somebody else that reads what we write; found on PATH (`pip install gto dvc`). */
export function findTool(name: string): { readonly skip: boolean; readonly title: string } {
  try {
    const version = execFileSync(name, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return { skip: false, title: `${name} ${version.split('\n')[0]}` };
  } catch {
    return { skip: true, title: `${name} (skipped: not on PATH; pip install ${name})` };
  }
}

/** What a tool prints in a folder. */
export async function outputOf(name: string, args: readonly string[], cwd: string): Promise<string> {
  // It neither asks its maker for a newer version, nor reports its use.
  const env = { ...process.env, DVC_NO_ANALYTICS: '1', ITERATIVE_DO_NOT_TRACK: '1', HOME: cwd };
  const { stdout } = await run(name, [...args], { cwd, env });
  return stdout;
}

/** What a tool prints as JSON in a folder. */
export async function jsonOf(name: string, args: readonly string[], cwd: string): Promise<unknown> {
  return JSON.parse(await outputOf(name, args, cwd));
}
