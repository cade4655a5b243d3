import { code, link, text } from './escape.js';
import { table } from './table.js';
import { metricNumbers, metricTitle } from './wording.js';

/** A version that waits for somebody's yes. */
export interface Question {
  readonly model: string;
  /** `v1.3.0`. */
  readonly version: string;
  /** The version that is live. */
  readonly live?: string;
  readonly stage: string;
  /** The page of its release. */
  readonly url?: string;
  /** The page of the run that made it, where its comparison stands. */
  readonly run?: string;
  /** The page of the workflow that promotes it, and its file. */
  readonly workflow?: { readonly url: string; readonly file: string };
  /** On its held-out rows. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** The hidden first line of the issue that asks for a model. */
export function questionMarker(model: string): string {
  return `<!-- mlops-actions:promotion-of ${model} -->`;
}

export function questionTitle({ model, version, stage }: Pick<Question, 'model' | 'version' | 'stage'>): string {
  return `${model} ${version}: shall it have the stage ${stage}?`;
}

/** The issue that asks. Its first line is the marker. */
export function renderQuestion(question: Question): string {
  const { model, version, live, stage, url, run, workflow, metrics } = question;
  const reference = `${model}@${version}`;
  const opponent = live === undefined ? 'No version is live yet' : `${code(live)} is live`;
  const how = workflow
    ? `To say yes, open ${link('the workflow', workflow.url)}, press **Run workflow**, and put ${code(reference, 120)} into ${code('promote')}; or:

${code(`gh workflow run ${workflow.file} -f promote=${reference}`, 300)}

It is judged again on the rows of that moment, and gets the stage when its gates pass.`
    : `To say yes, promote ${code(reference, 120)}.`;
  const rows = Object.entries(metrics)
    .filter(([, value]) => Number.isFinite(value))
    .slice(0, 50)
    .map(([name, value]) => [metricTitle(name), metricNumbers({ name, better: 'higher', candidate: value }).value(value)]);
  return `${[
    questionMarker(model),
    `${link(`**${code(reference, 120)}**`, url)} waits for a yes to ${code(stage, 60)}. ${opponent}. How they compare stands in ${link('the run that made it', run)}.`,
    how,
    'To say no, close this issue. A newer version takes the place of this one here.',
    rows.length === 0 ? '' : table([{ head: 'metric, on held-out rows' }, { head: 'value', align: 'right' }], rows),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

/** What is said below when the question has an answer. */
export function renderAnswer({ version, stage }: Pick<Question, 'version' | 'stage'>, runUrl: string | undefined): string {
  return `${code(version)} has the stage ${code(stage, 60)}, by ${link('this run', runUrl)}. ${text('Thank you.')}\n`;
}
