import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { toolVersion } from '../../shared/core/version.js';
import { compileKubeflow } from '../../shared/pipelines/kubeflow.js';
import { STEPS } from '../../shared/pipelines/steps.js';
import { renderPipeline } from '../../shared/report/pipeline.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { loadSpec } from '../../shared/spec/load.js';

export interface PipelineInputs {
  readonly data: string | undefined;
  readonly image: string | undefined;
  readonly output: string;
  readonly spec: string;
  readonly target: string;
  readonly 'working-directory': string;
}

const COMPILERS: ReadonlyMap<string, typeof compileKubeflow> = new Map([['kubeflow', compileKubeflow]]);

/** Host, path, and a tag or a digest. */
const IMAGE = /^[a-z0-9][a-z0-9._:/-]*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;

/** Writes the spec as a pipeline of another system. */
export async function run(inputs: PipelineInputs, { environment, log }: RunnerServices): Promise<ActionOutcome> {
  const compile = COMPILERS.get(inputs.target);
  if (!compile)
    throw new UserError(`Input "target" is ${JSON.stringify(inputs.target)}; accepted: ${[...COMPILERS.keys()].join(', ')}.`);
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const specFile = join(directory, inputs.spec);
  const loaded = await loadSpec(specFile, { displayName: join(inputs['working-directory'], inputs.spec) });
  const image = inputs.image ?? `ghcr.io/mlops-actions/mlops-actions:${toolVersion()}`;
  if (!IMAGE.test(image))
    throw new UserError(
      `Input "image" is ${JSON.stringify(image)}; accepted: a container image such as ghcr.io/mlops-actions/mlops-actions:1.0.0.`,
    );
  if (inputs.data !== undefined && !/^[a-z0-9]+:\/\/\S+$/.test(inputs.data))
    throw new UserError(
      `Input "data" is ${JSON.stringify(inputs.data)}; accepted: an address that Kubeflow can read, such as s3://bucket/flights.parquet, ` +
        'gs://... or minio://....',
    );
  const pipeline = compile({
    ...{ spec: loaded.spec, text: await readFile(specFile, 'utf8'), locate: (path) => loaded.locate(path), image },
    ...{ data: inputs.data, tool: `mlops-actions ${toolVersion()}` },
  });
  const output = resolve(directory, inputs.output);
  await mkdir(dirname(output), { recursive: true });
  await writeFile(output, pipeline);
  log(`Pipeline of ${STEPS.length} steps in ${join(inputs['working-directory'], inputs.output)}`);
  return {
    outputs: { 'pipeline-path': output },
    summary: renderPipeline({ model: loaded.spec.name, image, data: inputs.data, file: inputs.output, steps: STEPS }),
  };
}
