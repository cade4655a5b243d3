import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { messageOf } from '../core/errors.js';
import { type Answer, failure } from './answer.js';
import { readBody } from './body.js';
import type { Protocol } from './protocols/protocol.js';
import { PROTOCOLS } from './protocols/protocols.js';
import { RequestError } from './request-error.js';
import type { Serving } from './serving.js';
import type { Version } from './version.js';

/** Bodies from here on (some hundreds of rows) are answered by other threads. */
const LARGE_BODY = 64 * 1024;

/** Seconds after which a client that was turned away may try again. */
const RETRY_AFTER = '1';

interface Place {
  readonly name?: string;
  readonly version?: string;
}

/** The three ways to ask for predictions. */
export function addPredictionRoutes(app: FastifyInstance, serving: Serving): void {
  const routes: readonly (readonly [string, Protocol])[] = [
    ['/predict', PROTOCOLS.predict],
    ['/models/:name/predict', PROTOCOLS.predict],
    ['/models/:name/versions/:version/predict', PROTOCOLS.predict],
    ['/invocations', PROTOCOLS.mlflow],
    ['/models/:name/invocations', PROTOCOLS.mlflow],
    ['/models/:name/versions/:version/invocations', PROTOCOLS.mlflow],
    ['/v2/models/:name/infer', PROTOCOLS.oip],
    ['/v2/models/:name/versions/:version/infer', PROTOCOLS.oip],
  ];
  void app.register(async (scope) => {
    // Bodies are read by `serve`: Fastify's reader would refuse content types in its own words, and knows no protocol.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const [url, protocol] of routes) {
      scope.post<{ Params: Place }>(url, (request, reply) => {
        reply.hijack();
        new Exchange(serving, protocol, request.raw, reply.raw).begin(request.params);
      });
    }
  });
}

/** One request for predictions, from its headers to its answer. */
class Exchange {
  readonly #serving: Serving;
  readonly #protocol: Protocol;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #started = performance.now();
  #version: Version | undefined;
  #isOver = false;

  constructor(serving: Serving, protocol: Protocol, request: IncomingMessage, response: ServerResponse) {
    this.#serving = serving;
    this.#protocol = protocol;
    this.#request = request;
    this.#response = response;
  }

  begin(place: Place): void {
    const { load, settings } = this.#serving;
    if (load.pending >= settings.maxPending) {
      this.#request.resume();
      const busy = new RequestError(429, `${settings.maxPending} requests are in flight, which is the limit; try again later`);
      load.pending++;
      this.#end(failure(this.#protocol, busy));
      return;
    }
    load.pending++;
    readBody(this.#request, { limit: settings.maxBody, ms: settings.bodyMs }, (error, body) => {
      if (error) this.#end(failure(this.#protocol, error));
      else this.#ask(place, body);
    });
  }

  #ask({ name, version }: Place, body: Buffer): void {
    const { store, traffic, pool } = this.#serving;
    const question = { protocol: this.#protocol, contentType: this.#request.headers['content-type'], body };
    try {
      this.#version = store.find(name, version);
    } catch (error) {
      this.#end(failure(this.#protocol, error));
      return;
    }
    this.#version.acquire();
    const isLogged = traffic?.isSampled() ?? false;
    if (body.byteLength < LARGE_BODY) {
      this.#version.answer(question, isLogged, (answer) => this.#end(answer));
      return;
    }
    const { source } = this.#version;
    pool.answer(this.#version, question, isLogged).then(
      ({ answer, blocks }) => {
        for (const block of blocks) traffic?.add(source, block);
        this.#end(answer);
      },
      (error: unknown) => this.#end(failure(this.#protocol, error)),
    );
  }

  #end(answer: Omit<Answer, 'body'> & { readonly body: string | Uint8Array }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { load, strays, log } = this.#serving;
    const { status, contentType, body, predicted, refused, bug } = answer;
    load.pending--;
    const seconds = (performance.now() - this.#started) / 1000;
    const version = this.#version;
    if (version) {
      version.tally.request(this.#protocol.name, status, seconds);
      version.tally.predictions += predicted;
      version.tally.invalidRows += refused;
      version.release();
    } else strays.request(this.#protocol.name, status, seconds);
    if (bug !== undefined) log(`A bug of the server's: ${messageOf(bug)}`);
    const response = this.#response;
    if (response.destroyed) return;
    const headers: Record<string, string | number> = {
      'content-type': contentType,
      'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength,
    };
    if (version) headers['mlops-version'] = version.servable.version;
    if (status === 429) headers['retry-after'] = RETRY_AFTER;
    // The rest of a body that is too large is read and thrown away, so that its sender gets to see the answer.
    if (status === 408 || load.isClosing) headers.connection = 'close';
    response.writeHead(status, headers);
    response.end(body);
  }
}
