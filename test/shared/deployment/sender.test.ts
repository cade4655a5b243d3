import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorText, httpSender, isOpen, serviceAddress } from '../../../shared/deployment/sender.js';
import { complaint } from '../github/scene.js';

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/hang') return;
    if (request.url === '/away') response.writeHead(302, { location: 'https://elsewhere.example.org/' }).end();
    else if (request.url === '/large') response.end('x'.repeat(33 * 1024 * 1024));
    else if (request.url === '/broken')
      response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy());
    else response.end(`${request.method} ${request.headers.authorization}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await new Promise((resolve) => other.close(resolve));
  return port;
}
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('an address is plain http(s), without credentials and without a slash at its end', () => {
  expect(serviceAddress('https://models.example.org/eu//', 'deploy.url')).toBe('https://models.example.org/eu');
  for (const [text, message] of [
    ['models.example.org', 'accepted: an address such as'],
    ['ftp://models.example.org', 'accepted: an address such as'],
    ['https://ann:secret@models.example.org', 'holds a user or a password'],
    ['https://models.example.org/?token=secret', 'leave out what stands behind "?"'],
  ] as const)
    expect(() => serviceAddress(text, 'deploy.url')).toThrow(message);
  expect(() => serviceAddress('https://ann:secret@models.example.org', 'deploy.url')).not.toThrow('secret');
});

test('what can be read on the way is known', () => {
  expect(['http://models.example.org', 'http://10.0.0.1'].map(isOpen)).toEqual([true, true]);
  const closed = ['https://a.example', 'http://localhost:8080', 'http://127.0.0.1', 'http://[::1]:1', 'http://a.models.svc'];
  expect(closed.map(isOpen)).toEqual(closed.map(() => false));
});

test('no answer, a late one, one from elsewhere and one without an end are one line each', async () => {
  const send = httpSender(url);
  expect(await send({ method: 'GET', path: '/', headers: { authorization: 'Bearer x' } })).toEqual({
    status: 200,
    text: 'GET Bearer x',
  });
  const nobody = `http://127.0.0.1:${await freePort()}`;
  expect(await complaint(httpSender(nobody)({ method: 'GET', path: '/' }))).toBe(
    `${nobody} cannot be reached (ECONNREFUSED): is the service up, and is its address right?`,
  );
  expect(await complaint(httpSender('http://no.such.host.invalid')({ method: 'GET', path: '/' }))).toMatch(
    /cannot be reached \((ENOTFOUND|EAI_AGAIN)\)/,
  );
  expect(await complaint(send({ method: 'GET', path: '/hang', timeoutMs: 50 }))).toContain('did not answer within 0.05 s');
  expect(await complaint(send({ method: 'GET', path: '/away' }))).toContain('sends on to https://elsewhere.example.org/ (302)');
  expect(await complaint(send({ method: 'GET', path: '/large' }))).toContain('this is no model server');
  expect(await complaint(send({ method: 'GET', path: '/broken' }))).toContain('cannot be reached');
});

test('what a service says of a mistake is one line of its own', () => {
  expect(errorText({ status: 422, text: '{"error": "bad\\nhash"}' })).toBe('422: bad hash');
  expect(errorText({ status: 502, text: '<html><h1>Bad Gateway</h1></html>' })).toBe('502: Bad Gateway');
  expect(errorText({ status: 500, text: '' })).toBe('500');
  expect(errorText({ status: 500, text: 'x'.repeat(1000) })).toHaveLength(305);
});
