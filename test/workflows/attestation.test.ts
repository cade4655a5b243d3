import { verify, X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { spec } from '../actions/project.js';
import { type LocalSigstore, startSigstore } from '../github/sigstore.js';
import type { RunResult } from '../runner/result.js';
import { makeBundle } from '../shared/registry/scene.js';
import { jobOf, logOf, openRepository, stepOf, type TestRepository } from './repository.js';

/**
 * registry.attest with the bundle in dist/, against a stand-in for Sigstore: that the statement names the right files and the
 * right run, that it is signed, and that GitHub gets it. Whether the real Sigstore takes it cannot be shown here.
 */
describe('registry.attest', () => {
  let sigstore: LocalSigstore;
  let repository: TestRepository;
  beforeAll(async () => {
    sigstore = await startSigstore();
    repository = await openRepository({ 'mlops.yaml': spec({ registry: { attest: true } }) });
  });
  afterAll(async () => {
    expect(repository.session.github.violations).toEqual([]);
    await repository.close();
    await sigstore.close();
  });

  /** The job of the README's example, with the environment of a process that takes the stand-in for Sigstore. */
  async function workflow(left: readonly string[] = []): Promise<string> {
    const readme = await readFile(new URL('../../actions/register/README.md', import.meta.url), 'utf8');
    const example = [...readme.matchAll(/```yaml\n(.*?)```/gs)]
      .map(([, text]) => text!)
      .find((text) => text.includes('id-token'))!;
    const { jobs } = parse(example) as { jobs: Record<string, Record<string, unknown>> };
    const register = { ...jobs.register! };
    const permissions = Object.fromEntries(
      Object.entries(register.permissions as Record<string, string>).filter(([scope]) => !left.includes(scope)),
    );
    const [checkout, step] = register.steps as Record<string, unknown>[];
    delete register.needs;
    return stringify({
      name: 'release',
      on: 'push',
      jobs: {
        register: {
          ...register,
          permissions,
          env: sigstore.environment(repository.session.github),
          steps: [checkout, { ...step, name: 'Register', with: { bundle: 'bundle' } }],
        },
      },
    });
  }

  /** Commits a bundle and registers it. Registering runs no model, so any text is one. */
  async function register(graph: string, file: string): Promise<RunResult> {
    const folder = join(repository.session.git.directory, 'bundle');
    await makeBundle(folder, graph);
    expect((await readdir(folder)).length).toBeGreaterThan(5);
    return repository.push({ '.github/workflows/model.yml': file });
  }
  const attestations = () => repository.session.github.attestations(repository.session.repository);

  test('attests every asset of the release, as built by this run, signed for its identity', async () => {
    const run = await register('first', await workflow());
    expect(run.conclusion, logOf(run)).toBe('success');
    const summary = jobOf(run, 'register').summaries.join('');
    expect(summary, logOf(run)).toMatch(/<a href="https:\/\/github.com\/you\/models\/attestations\/\d+">Attested<\/a>/);
    expect(summary).toContain('gh attestation verify model.onnx --repo you/models');
    const [release] = repository.session.github.releases(repository.session.repository);
    const [attestation, ...others] = attestations();
    expect(others).toEqual([]);
    expect([...attestation!.digests].sort()).toEqual(release!.assets.map(({ digest }) => digest).sort());

    const bundle = attestation!.bundle as {
      dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
      verificationMaterial: { certificate: { rawBytes: string }; tlogEntries: unknown[] };
    };
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64');
    const statement = JSON.parse(payload.toString('utf8'));
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://slsa.dev/provenance/v1',
    });
    expect(statement.subject.map(({ name }: { name: string }) => name).sort()).toEqual(
      release!.assets.map(({ name }) => name).sort(),
    );
    const { buildDefinition, runDetails } = statement.predicate;
    expect(buildDefinition.externalParameters.workflow).toEqual({
      ...{ ref: 'refs/heads/main', repository: 'https://github.com/you/models', path: '.github/workflows/model.yml' },
    });
    expect(buildDefinition.resolvedDependencies[0].digest.gitCommit).toBe(run.run.headSha);
    expect(runDetails.metadata.invocationId).toBe(`https://github.com/you/models/actions/runs/${run.run.id}/attempts/1`);
    expect(runDetails.builder.id).toBe('https://github.com/you/models/.github/workflows/model.yml@refs/heads/main');

    const certificate = new X509Certificate(Buffer.from(bundle.verificationMaterial.certificate.rawBytes, 'base64'));
    expect(certificate.subjectAltName).toContain('repo:you/models:ref:refs/heads/main');
    const { payloadType, signatures } = bundle.dsseEnvelope;
    const signed = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload]);
    const key = certificate.publicKey;
    expect(verify('sha256', signed, key, Buffer.from(signatures[0]!.sig, 'base64'))).toBe(true);
    // A public repository's stands in the public log.
    expect(bundle.verificationMaterial.tlogEntries).toHaveLength(1);
    expect(sigstore.requests).toEqual(['/fulcio/api/v2/signingCert', '/rekor/api/v1/log/entries']);
  });

  test('is not repeated, and says nothing of a version that another run has made', async () => {
    const again = await register('first', await workflow());
    expect(again.conclusion, logOf(again)).toBe('success');
    expect(stepOf(again, 'register', 'Register').annotations).toEqual([]);
    expect(attestations()).toHaveLength(1);
  });

  test.each([
    ['id-token', 'the job has no identity; add "id-token: write" and "attestations: write" to its "permissions:".'],
    ['attestations', 'the token may not keep it; add "attestations: write" to the "permissions:" of the job.'],
  ])('without %s: write the version is there, with one warning', async (scope, reason) => {
    const run = await register(`without ${scope}`, await workflow([scope]));
    expect(run.conclusion, logOf(run)).toBe('success');
    const { annotations, outputs } = stepOf(run, 'register', 'Register');
    expect(outputs.created).toBe('true');
    expect(annotations).toEqual([
      expect.objectContaining({ level: 'warning', message: `registry.attest: ${outputs.tag} has no attestation: ${reason}` }),
    ]);
    expect(attestations()).toHaveLength(1);
  });

  test('when Sigstore refuses, the version is there, with one warning that says what to do', async () => {
    sigstore.fail(400);
    const run = await register('refused', await workflow());
    sigstore.fail(0);
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(stepOf(run, 'register', 'Register').annotations).toEqual([
      expect.objectContaining({
        level: 'warning',
        message: expect.stringMatching(/has no attestation: it could not be signed \([^\n]*\); run the job again for it\.$/),
      }),
    ]);
  });
});
