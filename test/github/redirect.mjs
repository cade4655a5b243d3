import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

// Leads requests for hosts that a test stands in for to an address of this machine. Preloaded with `node --import` into
// processes whose libraries have these hosts built in; REDIRECTED_HOSTS is JSON: {"host": "http://127.0.0.1:1234/prefix"}.

/** @type {Record<string, string>} */
const hosts = JSON.parse(process.env.REDIRECTED_HOSTS ?? '{}');
const original = https.request;

/** @param {any[]} given as of https.request: an address, or options, or both, then a listener */
function redirected(...given) {
  const address = typeof given[0] === 'string' || given[0] instanceof URL ? new URL(given[0]) : undefined;
  const options = given.find((argument) => typeof argument === 'object' && !(argument instanceof URL)) ?? {};
  const prefix = hosts[address?.hostname ?? options.hostname ?? options.host];
  if (prefix === undefined) return Reflect.apply(original, https, given);
  const target = new URL(prefix);
  const path = address ? `${address.pathname}${address.search}` : options.path;
  return http.request(
    {
      ...{ method: options.method, headers: options.headers, timeout: options.timeout },
      ...{ hostname: target.hostname, port: target.port, path: `${target.pathname.replace(/\/$/, '')}${path}` },
    },
    given.find((argument) => typeof argument === 'function'),
  );
}

Object.assign(https, { request: redirected });
syncBuiltinESMExports();
