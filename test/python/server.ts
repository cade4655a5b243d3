import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** No news is sent to anybody, and nothing is written outside of the folder. */
const QUIET = {
  ...{ MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true', PYTHONWARNINGS: 'ignore' },
  // Processes for jobs of its own, which nobody asks for here.
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
};

export interface PythonServer {
  readonly url: string;
  close(): Promise<void>;
}

/** A real MLflow tracking server with its registry in SQLite, which takes artifacts itself. */
export function startMlflow(bin: string, directory: string): Promise<PythonServer> {
  return startServer(join(bin, 'mlflow'), directory, '/health', (port) => [
    ...['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
    ...['--backend-store-uri', `sqlite:///${join(directory, 'mlflow.db')}`],
    ...['--serve-artifacts', '--artifacts-destination', join(directory, 'artifacts')],
  ]);
}

/**
 * Starts a server on a free port of this machine and waits until it answers.
 * @throws Error with what it printed when it ends, or does not answer for five minutes
 */
export async function startServer(
  command: string,
  directory: string,
  health: string,
  args: (port: number) => readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<PythonServer> {
  const port = await freePort();
  const child = spawn(command, args(port), {
    ...{ cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    env: { ...process.env, ...QUIET, ...env, PATH: `${join(command, '..')}:${process.env.PATH ?? ''}` },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 300_000;
  while (!(await answers(url + health))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop(child);
      throw new Error(`${command} did not start:\n${said.slice(-4000)}`);
    }
    await setTimeout(200);
  }
  return { url, close: () => stop(child) };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

/** Ends the server and the workers that it started. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGTERM');
  if ((await Promise.race([ended, setTimeout(5000, 'late')])) !== 'late') return;
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
