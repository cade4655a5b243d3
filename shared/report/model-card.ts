import { stringify } from 'yaml';
import type { Manifest } from '../bundle/manifest.js';
import { formatCount, formatDuration } from '../core/format.js';
import { featureText } from '../evaluation/feature-text.js';
import { type Feature, sourcesOf } from '../features/plan.js';
import type { Spec } from '../spec/schema.js';
import { code, lineStart, text } from './escape.js';
import { selectionText } from './selection.js';
import { table } from './table.js';
import { metricNumbers, metricTitle, plural, stepsOf } from './wording.js';

/** What the spec says of a model in its owners' words. */
export type Requirements = Partial<Pick<Spec, 'purpose' | 'owners' | 'intended_use' | 'out_of_scope' | 'limitations'>>;

/** The tasks as Hugging Face names them. */
const TASKS: Readonly<Record<Manifest['task'], string>> = {
  binary: 'tabular-classification',
  multiclass: 'tabular-classification',
  regression: 'tabular-regression',
};

/**
 * The model card, `README.md` of the bundle: Hugging Face front matter with a model-index (its metadata
 * specification: task.type, dataset.type, dataset.name, metric.type and metric.value are required), then the sections.
 * It depends on nothing but its arguments.
 */
export function renderModelCard(
  manifest: Manifest,
  metrics: Readonly<Record<string, number>>,
  requirements: Requirements,
): string {
  return `---\n${frontMatter(manifest, metrics)}---\n\n${body(manifest, metrics, requirements)}\n`;
}

function frontMatter(manifest: Manifest, metrics: Readonly<Record<string, number>>): string {
  const known = Object.entries(metrics).filter(([, value]) => Number.isFinite(value));
  return stringify(
    {
      library_name: 'onnx',
      pipeline_tag: TASKS[manifest.task],
      tags: ['mlops-actions', 'tabular', manifest.algorithm],
      metrics: known.map(([name]) => name),
      'model-index': [
        {
          name: manifest.name,
          results: [
            {
              task: { type: TASKS[manifest.task] },
              dataset: { name: manifest.name, type: 'tabular', split: 'test', revision: manifest.data.digest },
              metrics: known.map(([name, value]) => ({ type: name, name: metricTitle(name), value })),
            },
          ],
        },
      ],
    },
    { lineWidth: 0 },
  );
}

function body(manifest: Manifest, metrics: Readonly<Record<string, number>>, requirements: Requirements): string {
  const sections = [
    `# ${text(manifest.name, 80)}`,
    prose(requirements.purpose) || 'The spec states no purpose.',
    section('Intended use', requirements.intended_use),
    section('Out of scope', requirements.out_of_scope),
    section('Limitations', requirements.limitations),
    `## Model\n\n${facts(manifest, requirements)}`,
    `## Evaluation\n\nOn ${plural(manifest.training.rows.test, 'row')} that neither trained nor chose the model.\n\n${metricTable(metrics)}`,
    `## Features\n\n${featureTable(manifest)}`,
    `## Inputs and outputs\n\n${signatureTable(manifest)}`,
  ];
  return sections.filter((part) => part !== '').join('\n\n');
}

function section(title: string, words: string | undefined): string {
  const said = prose(words);
  return said === '' ? '' : `## ${title}\n\n${said}`;
}

/** Paragraphs of the owners' words, as words: Markdown in them is not read. A line cannot start a list or a heading. */
function prose(words: string | undefined): string {
  return (words ?? '')
    .split(/\n\s*\n/)
    .map((paragraph) => lineStart(text(paragraph, 4000)))
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

function facts(manifest: Manifest, requirements: Requirements): string {
  const steps = stepsOf({ algorithm: manifest.algorithm, iterations: manifest.training.iterations });
  const target =
    manifest.target.sql === undefined
      ? code(manifest.target.column)
      : `${code(manifest.target.column)}, derived as ${code(manifest.target.sql, 200)}`;
  const rows: [string, string][] = [
    ['task', manifest.task],
    ['target', target],
    [
      'classes',
      manifest.classes
        .slice(0, 50)
        .map((name) => code(name, 40))
        .join(', '),
    ],
    ['algorithm', [text(manifest.algorithm, 60), steps].filter((part) => part !== '').join(', ')],
    ['command', manifest.command === undefined ? '' : code(manifest.command, 400)],
    [
      'trained on',
      `${plural(manifest.training.rows.train, 'row')} in ${formatDuration(manifest.training.seconds)}, until ${text(manifest.training.finishedAt, 40)}`,
    ],
    ['data', `${plural(manifest.data.rows, 'row')}, ${code(manifest.data.digest, 80)}`],
    ['features', manifest.training.selection ? selectionText(manifest.training.selection) : ''],
    ['seed', String(manifest.seed)],
    ['threshold', manifest.threshold === undefined ? '' : String(manifest.threshold)],
    ['owners', (requirements.owners ?? []).map((owner) => text(owner, 80)).join(', ')],
    ['commit', manifest.commit === undefined ? '' : code(manifest.commit, 64)],
    ['digest', code(manifest.digest, 80)],
    ['made with', `${manifest.tool.name} ${text(manifest.tool.version, 40)}`],
  ];
  return table(
    [{ head: 'detail' }, { head: 'value' }],
    rows.filter(([, value]) => value !== ''),
  );
}

function metricTable(metrics: Readonly<Record<string, number>>): string {
  const rows = Object.entries(metrics).map(([name, value]) => [
    metricTitle(name),
    metricNumbers({ name, better: 'higher', candidate: value }).value(value),
  ]);
  return table([{ head: 'metric' }, { head: 'value', align: 'right' }], rows);
}

function featureTable(manifest: Manifest): string {
  const rows = manifest.features.features.slice(0, 500).map((feature) => {
    return [
      code(feature.name),
      sourcesOf(feature)
        .map((name) => code(name))
        .join(', '),
      manifest.algorithm === 'command' ? 'the raw column' : howText(feature),
    ];
  });
  return table([{ head: 'feature' }, { head: 'from' }, { head: 'as' }], rows);
}

function howText(feature: Feature): string {
  switch (feature.kind) {
    case 'numeric':
      return 'number';
    case 'date_part':
      return `${feature.part} (UTC)`;
    case 'categorical':
      return `category, ${formatCount(feature.levels.length)} levels`;
    default:
      return text(featureText(feature), 120);
  }
}

function signatureTable(manifest: Manifest): string {
  const rows = [
    ...manifest.signature.inputs.map((input) => ['input', code(input.name), `${input.tensor} [N, 1]`]),
    ...manifest.signature.outputs.map((output) => [
      'output',
      code(output.name),
      `${output.tensor} [${output.shape.join(', ')}]`,
    ]),
  ];
  return table([{ head: '' }, { head: 'name' }, { head: 'tensor' }], rows);
}
