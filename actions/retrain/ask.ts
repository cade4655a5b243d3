import { UserError } from '../../shared/core/errors.js';
import { hiddenBlock, readHiddenBlock } from '../../shared/github/hidden-block.js';
import { keepIssue, type OwnIssue } from '../../shared/github/issue.js';
import type { CandidateSource } from '../../shared/registry/candidate.js';
import { fetchVersion } from '../../shared/registry/fetch.js';
import { parseReference } from '../../shared/registry/reference.js';
import { Registry } from '../../shared/registry/registry.js';
import { resolveVersion } from '../../shared/registry/resolve.js';
import { type Question, questionMarker, questionTitle, renderQuestion } from '../../shared/report/question.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';

export interface AskRequest {
  /** The version that waits. */
  readonly reference: string;
  readonly model: string;
  /** The stage that it waits for. */
  readonly stage: string;
  readonly author: string;
  readonly source: CandidateSource;
  readonly services: RunnerServices;
}

const QUESTION_LABEL = 'mlops-promotion';
/** The hidden block that says which version the issue asks for. */
const BLOCK = 'promotion';

/**
 * Keeps the one issue that asks whether a version is promoted: open while it lacks the stage, closed once it has it. Who closes it
 * has said no to that version, so it stays closed until another one asks. Reads nothing of the model but its recorded metrics.
 */
export async function ask(request: AskRequest): Promise<ActionOutcome> {
  const { reference: text, model, stage, author, source, services } = request;
  const { environment, log } = services;
  const reference = parseReference(text, 'ask');
  if ((reference.kind !== 'version' && reference.kind !== 'stage') || reference.model !== model)
    throw new UserError(
      `Input "ask" is ${JSON.stringify(text)}, which is no version of ${model}; accepted: ${model}@v1.2.0, ${model}@latest.`,
    );
  const registry = new Registry(source, model);
  const version = await resolveVersion(registry, reference);
  const holder = (await registry.atStage(stage))?.version?.record.version;
  const { metrics } = await fetchVersion(source, model, version);
  const { serverUrl, repository, workflowFile } = environment;
  const pages = `${serverUrl}/${repository}/actions`;
  const question: Question = {
    ...{ model, version: version.record.version, stage, metrics },
    ...(holder !== undefined && { holder }),
    ...(version.release && { url: version.release.url }),
    ...(version.record.run !== undefined && { run: `${pages}/runs/${version.record.run}` }),
    ...(workflowFile && { workflow: { url: `${pages}/workflows/${workflowFile}`, file: workflowFile } }),
  };
  const kept = await keepIssue(source.client, {
    ...{ repository: source.repository, marker: questionMarker(model), author, label: QUESTION_LABEL, keep: [] },
    wanted: () => (holder === question.version ? 'closed' : 'open'),
    content: () => ({
      title: questionTitle(question),
      body: `${renderQuestion(question)}\n${hiddenBlock(BLOCK, { version: question.version })}\n`,
    }),
    staysClosed: (issue) => askedFor(issue) === question.version,
  });
  const shown = kept ? `Issue #${kept.number} (${kept.done})` : 'No issue asks for it';
  log(`${model} ${question.version}, ${stage}: ${shown}`);
  return {
    outputs: { ...NOTHING_DECIDED, 'issue-number': kept ? String(kept.number) : '', 'issue-url': kept?.url ?? '' },
    summary: renderQuestion(question).split('\n').slice(1).join('\n').trimStart(),
  };
}

/** The outputs of a decision, where none was asked for. */
const NOTHING_DECIDED = {
  ...{ retrain: 'false', reasons: '[]', live: '', champion: '', window: '', tune: '', promote: '', approval: '', minutes: '' },
  ...{ 'result-path': '', artifact: '' },
} as const;

function askedFor({ body }: OwnIssue): unknown {
  const block = readHiddenBlock(body, BLOCK);
  return block !== null && typeof block === 'object' && 'version' in block ? block.version : undefined;
}
