import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BUNDLE_FILES } from '../../shared/bundle/files.js';
import { type Bundle, readBundle } from '../../shared/bundle/read.js';
import { UserError } from '../../shared/core/errors.js';
import { connectCandidates } from '../../shared/registry/connect.js';
import { parseReference } from '../../shared/registry/reference.js';
import { resolveModel } from '../../shared/registry/resolve.js';
import { renderFetch } from '../../shared/report/registry.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { loadSpec } from '../../shared/spec/load.js';

export interface FetchInputs {
  readonly 'github-token': string | undefined;
  readonly model: string;
  readonly output: string;
  readonly spec: string;
  readonly 'working-directory': string;
}

/** Resolves a model reference and leaves the bundle in a folder. */
export async function run(inputs: FetchInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, log } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const resolved = await resolveModel(inputs.model, {
    input: 'model',
    model: await modelName(inputs, directory),
    directory,
    branch: environment.baseBranch,
    connect: () => connectCandidates(services, inputs['github-token'], directory),
  });
  if (resolved.kind === 'onnx')
    throw new UserError(
      `Input "model" is ${JSON.stringify(inputs.model)}, a bare .onnx file, which is there already: "fetch" is for bundles.`,
    );
  const output = resolve(directory, inputs.output);
  const bundle = await place(resolved.bundle, output);
  const { digest } = bundle.manifest;
  log(`${inputs.model} is ${digest}, now in ${join(inputs['working-directory'], inputs.output)}`);
  return {
    outputs: { 'bundle-path': output, version: resolved.version ?? '', digest },
    summary: renderFetch({
      manifest: bundle.manifest,
      shown: inputs.model,
      ...(resolved.version !== undefined && { version: resolved.version }),
    }),
  };
}

/** Most references name their model; only a run's candidate may take the name from the spec. */
async function modelName(inputs: FetchInputs, directory: string): Promise<string> {
  const reference = parseReference(inputs.model, 'model');
  if (reference.kind === 'path') return '';
  if (reference.model !== undefined) return reference.model;
  const displayName = join(inputs['working-directory'], inputs.spec);
  return (await loadSpec(join(directory, inputs.spec), { displayName })).spec.name;
}

/** Puts a bundle's files into a folder, in which other files stay as they are. Read again, so that copies count too. */
async function place(bundle: Bundle, output: string): Promise<Bundle> {
  if (resolve(bundle.directory) === output) return bundle;
  await mkdir(output, { recursive: true });
  // First away and last back: a folder without a manifest is no bundle, whatever interrupts the copying.
  await rm(join(output, BUNDLE_FILES.manifest), { force: true });
  for (const name of [...Object.keys(bundle.manifest.files), BUNDLE_FILES.manifest])
    await copyFile(join(bundle.directory, name), join(output, name));
  return readBundle(output, `The copy in ${output}`);
}
