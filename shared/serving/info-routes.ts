import type { FastifyInstance, FastifyReply } from 'fastify';
import { toolVersion } from '../core/version.js';
import { docsPage } from './docs-page.js';
import { openApi } from './open-api.js';
import { oipMetadata } from './protocols/oip.js';
import type { Serving } from './serving.js';

interface Place {
  readonly name: string;
  readonly version?: string;
}

/** What the server says of itself: health, models, metrics, documentation. */
export function addInfoRoutes(app: FastifyInstance, serving: Serving): void {
  const { store, load, metrics } = serving;
  const isReady = (): boolean => !load.isClosing && store.isReady();
  const health = (reply: FastifyReply, isWell: boolean, body: Readonly<Record<string, boolean | string>>): FastifyReply =>
    reply.code(isWell ? 200 : 503).send(body);

  app.get('/v2', () => ({ name: 'mlops-actions', version: toolVersion(), extensions: [] }));
  app.get('/v2/health/live', () => ({ live: true }));
  // The protocol's text shows "live" in this answer as well; clients go by the status.
  app.get('/v2/health/ready', (_request, reply) => health(reply, isReady(), { live: true, ready: isReady() }));
  for (const url of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    app.get<{ Params: Place }>(url, ({ params }) => {
      const { version, names } = store.main(params.name);
      const chosen = params.version === undefined ? version : store.find(params.name, params.version);
      return oipMetadata(chosen.servable, names);
    });
    app.get<{ Params: Place }>(`${url}/ready`, ({ params }, reply) => {
      store.find(params.name, params.version);
      return health(reply, !load.isClosing, { name: params.name, ready: !load.isClosing });
    });
  }

  for (const url of ['/ping', '/health']) {
    app.get(url, (_request, reply) =>
      reply
        .code(isReady() ? 200 : 503)
        .type('text/plain')
        .send('\n'),
    );
  }
  app.get('/version', (_request, reply) => reply.type('text/plain').send(toolVersion()));
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));

  const document = (): ReturnType<typeof openApi> =>
    openApi(
      serving.settings,
      [...store.versions()].map(({ servable }) => servable),
    );
  app.get('/openapi.json', document);
  app.get('/docs', (_request, reply) => {
    const { html, policy } = docsPage(document());
    return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(html);
  });
  app.get('/', (_request, reply) => reply.redirect('/docs'));
}
