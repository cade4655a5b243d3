import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { fulcioHandler, initializeCA, initializeTLog, initializeTSA, rekorHandler, tsaHandler } from '@sigstore/mock';
import type { LocalGitHub } from './types.js';

/** The hosts of Sigstore's public instance, of GitHub's own for private repositories, and of the issuer of identities. */
const HOSTS = {
  'fulcio.sigstore.dev': '/fulcio',
  'rekor.sigstore.dev': '/rekor',
  'fulcio.githubapp.com': '/fulcio',
  'timestamp.githubapp.com': '/timestamp',
} as const;

export interface LocalSigstore {
  /** What each instance was asked for, such as `/rekor/api/v1/log/entries`. */
  readonly requests: readonly string[];
  /** The environment of a process that takes this one for Sigstore, and the local GitHub for the issuer of identities. */
  environment(github: LocalGitHub): Readonly<Record<string, string>>;
  /** From now on it answers everything with this status; 0 ends that. */
  fail(status: number): void;
  close(): Promise<void>;
}

/**
 * Sigstore's certificate authority, log and clock as the project's own mock has them, behind HTTP. They sign with keys of
 * their own, which nobody trusts: what they give has the form of the real, and proves nothing.
 */
export async function startSigstore(): Promise<LocalSigstore> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authority = fulcioHandler(await initializeCA(keys));
  const log = rekorHandler(await initializeTLog('https://rekor.sigstore.dev', keys));
  const clock = tsaHandler(await initializeTSA(keys));
  const routes = new Map([
    [`/fulcio${authority.path}`, authority.fn],
    [`/rekor${log.path}`, log.fn],
    [`/timestamp${clock.path}`, clock.fn],
  ]);
  const requests: string[] = [];
  let failure = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      requests.push(path);
      const route = routes.get(path);
      if (failure !== 0 || route === undefined) {
        response.writeHead(failure === 0 ? 404 : failure).end();
        return;
      }
      void route(Buffer.concat(chunks).toString('utf8')).then(({ statusCode, response: body, contentType }) => {
        response.writeHead(statusCode, { 'content-type': contentType ?? 'text/plain' }).end(body);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    requests,
    environment: (github) => ({
      NODE_OPTIONS: `--import=${fileURLToPath(new URL('redirect.mjs', import.meta.url))}`,
      REDIRECTED_HOSTS: JSON.stringify({
        ...Object.fromEntries(Object.entries(HOSTS).map(([host, path]) => [host, `${origin}${path}`])),
        'token.actions.githubusercontent.com': `${github.apiUrl}/oidc`,
      }),
    }),
    fail(status) {
      failure = status;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
