import { test } from 'vitest';
import { registerVersion } from '/work/main/shared/registry/register.js';
import { openRegistry } from '/work/main/test/shared/registry/scene.js';
test('t', async () => {
  const scene = await openRegistry({ github: { checkOpenApi: false } });
  for (let i = 0; i < 5; i++) {
    const registry = await scene.registry();
    const b = await scene.bundle('m' + i);
    const t = performance.now(); const n = scene.github.requests.length;
    await registerVersion(registry, scene.request(b));
    console.log(i, performance.now() - t, scene.github.requests.length - n);
  }
  const { client } = await scene.source();
  for (let i = 0; i < 5; i++) { const t = performance.now(); await client.rest.repos.listReleases({ owner: 'acme', repo: 'models' }); console.log('get', performance.now() - t); }
  for (let i = 0; i < 5; i++) { const t = performance.now(); await fetch(scene.github.apiUrl + '/repos/acme/models/releases'); console.log('fetch', performance.now() - t); }
  await scene.close();
}, 60000);
