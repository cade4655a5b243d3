import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The server as it is delivered. */
export const SERVER = fileURLToPath(new URL('../../dist/server.js', import.meta.url));

/** A process that serves, and has said where. */
export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Lines of both outputs so far. */
  readonly lines: readonly string[];
  /** Asks it to end. @returns its exit status */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const START_MS = 30_000;

/**
 * Starts a program that says "listens on <url>".
 * @param args of node
 * @param env its settings; the port is a free one where they name none
 */
export async function startProcess(args: readonly string[], env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...args], {
    env: { PATH: process.env.PATH, MLOPS_SERVER_HOST: '127.0.0.1', MLOPS_SERVER_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`the server ${why}:\n${lines.join('\n')}`));
    const timer = setTimeout(() => fail('did not start in time'), START_MS);
    let rest = '';
    const hear = (chunk: Buffer): void => {
      const parts = (rest + chunk.toString('utf8')).split('\n');
      rest = parts.pop()!;
      lines.push(...parts);
      const [, found] = parts.map((line) => /listens on (\S+)$/.exec(line)).find((match) => match !== null) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('close', (code) => {
      if (rest !== '') lines.push(rest);
      clearTimeout(timer);
      fail(`ended with status ${code}`);
    });
  });
  return {
    url,
    child,
    lines,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, 'close') as Promise<[number | null]>;
      child.kill(signal);
      return (await ended)[0];
    },
  };
}
