import type { Finding, Sections } from './checks.js';
import type { Path } from './document.js';

/**
 * What the schema cannot say of `deploy`. Keys that a target needs may come as inputs of the action, so that they are
 * absent is the action's to say.
 */
export function checkDeploy({ deploy }: Sections): Finding[] {
  if (!deploy) return [];
  const findings: Finding[] = [];
  const error = (path: Path, message: string): number => findings.push({ path: ['deploy', ...path], message, kind: 'error' });
  const { target, url, canary, replicas, batch, namespace, image } = deploy;
  if (url !== undefined) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
      error(['url'], `deploy.url: found ${JSON.stringify(url)}, expected an address such as https://models.example.org`);
    else if (parsed.username !== '' || parsed.password !== '')
      error(['url'], 'deploy.url holds a user or a password: take them out; a token belongs into the input "service-token"');
  }
  if (canary) {
    const wrong = canary.findIndex((share, index) => share <= (canary[index - 1] ?? 0));
    if (wrong >= 0)
      error(
        ['canary', wrong],
        `deploy.canary: ${canary[wrong]} does not follow ${canary[wrong - 1] ?? 0}; the shares grow from step to step, such as [5, 25, 100]`,
      );
    else if (canary.at(-1) !== 100)
      error(['canary', canary.length - 1], `deploy.canary ends at ${canary.at(-1)} %; the last step is 100`);
  }
  if (replicas?.min !== undefined && replicas.max !== undefined && replicas.min > replicas.max)
    error(['replicas', 'min'], `deploy.replicas: min (${replicas.min}) is above max (${replicas.max})`);
  if (namespace !== undefined && !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace))
    error(
      ['namespace'],
      `deploy.namespace: found ${JSON.stringify(namespace)}, expected lower-case letters, digits and hyphens, at most 63`,
    );
  if (image !== undefined && /\s/.test(image))
    error(
      ['image'],
      `deploy.image: found ${JSON.stringify(image)}, expected the name of an image such as ghcr.io/acme/models:1`,
    );
  if (batch) {
    const isFile = /\.(parquet|pq)$/i.test(batch.output);
    if (batch.partition === undefined && !isFile)
      error(
        ['batch', 'output'],
        `deploy.batch.output: found ${JSON.stringify(batch.output)}, expected a .parquet file; a folder goes with deploy.batch.partition`,
      );
    if (batch.partition !== undefined && isFile)
      error(
        ['batch', 'output'],
        `deploy.batch.output: found ${JSON.stringify(batch.output)}, expected a folder, since deploy.batch.partition makes folders in it`,
      );
  }
  const idle = (key: keyof typeof deploy, targets: readonly string[]): void => {
    if (target === undefined || deploy[key] === undefined || targets.includes(target)) return;
    const message = `deploy.${key} has no effect with target: ${target}; it belongs to ${targets.join(' and ')}`;
    findings.push({ path: ['deploy', key], message, kind: 'notice' });
  };
  idle('canary', ['service']);
  idle('batch', ['batch']);
  for (const key of ['image', 'namespace', 'replicas', 'resources'] as const) idle(key, ['kubernetes', 'kserve']);
  return findings;
}
