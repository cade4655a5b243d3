import type { PipelineStep } from '../pipelines/steps.js';
import { code } from './escape.js';
import { table } from './table.js';

/** A compiled pipeline, for the job summary. */
export interface PipelineReport {
  readonly model: string;
  readonly image: string;
  /** Where it finds the data unless a run says otherwise. */
  readonly data: string | undefined;
  readonly file: string;
  readonly steps: readonly PipelineStep[];
}

/** The job summary of a compilation. */
export function renderPipeline({ model, image, data, file, steps }: PipelineReport): string {
  const rows = steps.map(({ action, takes, leaves, onlyWith }) => [
    `${code(action)}${onlyWith === undefined ? '' : ` (with ${code(`${onlyWith}_uri`)})`}`,
    Object.keys(takes)
      .map((name) => code(name))
      .join(', '),
    leaves.map(({ name }) => code(name)).join(', '),
  ]);
  const source = data === undefined ? `a run says, by ${code('data_uri')}` : code(data, 200);
  return [
    `### ⚪ ${code(model)}: a pipeline for Kubeflow`,
    `${code(file, 120)}; every step runs ${code(image, 120)}. The data: ${source}.`,
    table([{ head: 'step' }, { head: 'takes' }, { head: 'leaves' }], rows),
    '',
  ].join('\n\n');
}
