import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploymentManifests, inferenceManifests } from '../../shared/deployment/kubernetes/manifests.js';
import { toYaml, withApplied } from '../../shared/deployment/kubernetes/objects.js';
import { MANIFEST_OPTIONS } from './options.js';

/** The schemas and the validation of the API server itself (sigs.k8s.io/kubectl-validate); KServe's own definitions of its kinds. */
const TOOL = process.env.KUBECTL_VALIDATE ?? 'kubectl-validate';
const folder = process.env.KSERVE_DEFINITIONS;
const DEFINITIONS = folder && existsSync(folder) && readdirSync(folder).length > 0 ? folder : undefined;

function isThere(): boolean {
  try {
    execFileSync(TOOL, ['--help'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'manifests-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function validate(yaml: string, ...args: string[]): Promise<string> {
  const file = join(directory, 'manifests.yaml');
  await writeFile(file, yaml);
  try {
    return execFileSync(TOOL, [...args, file], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `refused: ${stdout}${stderr}`;
  }
}

const title = isThere()
  ? 'kubectl-validate'
  : 'kubectl-validate (skipped: not on PATH; go install sigs.k8s.io/kubectl-validate@v0.0.4)';
describe.skipIf(!isThere())(title, () => {
  test.each(['1.27', '1.30'])('Deployment, Service and autoscaler are what Kubernetes %s takes', async (version) => {
    expect(await validate(toYaml(deploymentManifests(MANIFEST_OPTIONS).map(withApplied)), '--version', version)).toContain(
      'OK',
    );
  });

  test('a field that does not exist is refused, so the check can fail', async () => {
    const yaml = toYaml(deploymentManifests(MANIFEST_OPTIONS)).replace('progressDeadlineSeconds', 'progresDeadlineSeconds');
    expect(await validate(yaml)).toMatch(/^refused: [\s\S]*progresDeadlineSeconds/);
  });
});

const kserve =
  DEFINITIONS && isThere()
    ? 'KServe'
    : 'KServe (skipped: KSERVE_DEFINITIONS names no folder with its CustomResourceDefinitions)';
describe.skipIf(!DEFINITIONS || !isThere())(kserve, () => {
  test('its kinds are what KServe defines', async () => {
    const yaml = toYaml(inferenceManifests(MANIFEST_OPTIONS).map(withApplied));
    expect(await validate(yaml, '--local-crds', DEFINITIONS!)).toContain('OK');
    const wrong = yaml.replace('protocolVersion: v2', 'protocolVersion: 2');
    expect(await validate(wrong, '--local-crds', DEFINITIONS!)).toMatch(/^refused: /);
  });
});
