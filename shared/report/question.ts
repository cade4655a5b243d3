import { code, link } from './escape.js';
import { table } from './table.js';
import { metricNumbers, metricTitle } from './wording.js';

/** A version that waits for somebody's yes. */
export interface Question {
  readonly model: string;
  /** `v1.3.0`. */
  readonly version: string;
  readonly stage: string;
  /** The version that has the stage now. */
  readonly holder?: string;
  /** The page of its release. */
  readonly url?: string;
  /** The page of the run that made it, where its comparison stands. */
  readonly run?: string;
  /** The workflow that promotes it: its page, and its file. */
  readonly workflow?: { readonly url: string; readonly file: string };
  /** On its held-out rows. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** The hidden first line of the issue that asks for a model. No name can end the comment. */
export function questionMarker(model: string): string {
  return `<!-- mlops-actions promotion: ${model.replace(/[^\w.-]/gu, '_').replace(/-(?=-|$)/g, '%2D')} -->`;
}

export function questionTitle({ model, version, stage }: Pick<Question, 'model' | 'version' | 'stage'>): string {
  return `${model} ${version}: shall it go to ${stage}?`;
}

/** The text of the issue, whose first line is the marker: how to say yes and how to say no, or that somebody has said yes. */
export function renderQuestion(question: Question): string {
  const { model, version, stage, holder, url, run, metrics } = question;
  const name = link(`<b>${copyable(`${model}@${version}`)}</b>`, url);
  const isAnswered = holder === version;
  const parts = isAnswered
    ? [`${name} has the stage ${code(stage, 60)}.`]
    : [
        `${name} waits for a yes to ${code(stage, 60)}, which ${holder === undefined ? 'no version has' : `${code(holder)} has`} now. ` +
          `How the two compare stands in ${link('the run that made it', run)}.`,
        howToSayYes(question),
        'To say no, close this issue. A newer version will take the place of this one here.',
      ];
  return `${[questionMarker(model), ...parts, metricTable(metrics)].filter((part) => part !== '').join('\n\n')}\n`;
}

function howToSayYes({ model, version, workflow }: Question): string {
  const reference = `${model}@${version}`;
  if (!workflow) return `To say yes, promote ${copyable(reference)}.`;
  return (
    `To say yes, open ${link('the workflow', workflow.url)}, press <b>Run workflow</b>, and put ${copyable(reference)} into ` +
    `${code('promote')}; or in a terminal: ${copyable(`gh workflow run ${workflow.file} -f promote=${reference}`)}. It is judged ` +
    'again on the rows of that moment, and goes there when its gates pass.'
  );
}

/** What people copy: escapes would put invisible characters behind `@`. The form leaves no room for Markdown. */
function copyable(value: string): string {
  return /^[\w.@ =-]{1,300}$/.test(value) ? `\`${value}\`` : code(value, 300);
}

function metricTable(metrics: Question['metrics']): string {
  const rows = Object.entries(metrics)
    .filter(([, value]) => Number.isFinite(value))
    .slice(0, 50)
    .map(([name, value]) => [metricTitle(name), metricNumbers({ name, better: 'higher', candidate: value }).value(value)]);
  return rows.length === 0 ? '' : table([{ head: 'metric, on held-out rows' }, { head: 'value', align: 'right' }], rows);
}
