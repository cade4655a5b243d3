import { resolveDispatchInputs } from '../dispatch-inputs.js';
import { GitHubError, notFound } from '../errors.js';
import { isFields, textOf } from '../fields.js';
import { listDirectory, readBlob } from '../git.js';
import { peelToCommit } from '../objects/store.js';
import { findCommit } from './repos.js';
import type { Answer, Call, Route } from './route.js';
import { workflowId } from './runs.js';

const WORKFLOWS = '.github/workflows';

/**
 * Starts a workflow by hand. The answer comes before the run: whoever follows this GitHub's events makes it, from the
 * event's `payload.workflow` (the file's path), `payload.inputs` (all as text, with the defaults) and `ref` (in full).
 */
async function dispatchWorkflow(call: Call): Promise<Answer> {
  const { record, body, state } = call;
  const directory = record.repository.gitDirectory;
  if (directory === undefined) throw notFound();
  const given = textOf(call.body, 'ref') ?? '';
  const ref = await fullRef(call, given);
  const path = await workflowPath(call, directory);
  if (ref === undefined) throw new GitHubError(422, `No ref found for: ${given}`);
  const file = await readBlob(directory, ref.commit, path);
  const resolved = resolveDispatchInputs(file?.bytes.toString('utf8') ?? '', isFields(body.inputs) ? body.inputs : {});
  if ('problem' in resolved) throw new GitHubError(422, resolved.problem);
  const payload = { workflow: path, ref: ref.name, inputs: resolved.inputs, sha: ref.commit };
  state.raise('workflow_dispatch', undefined, record.repository, call.actor, { ref: ref.name, payload });
  return { status: 204 };
}

/** The branch or tag that a dispatch names, in full or not, and its commit. */
async function fullRef(call: Call, given: string): Promise<{ name: string; commit: string } | undefined> {
  const { objects } = call.record;
  const names = given.startsWith('refs/') ? [given] : [`refs/heads/${given}`, `refs/tags/${given}`];
  for (const name of names) {
    const found = await objects.ref(name);
    const commit = found === undefined ? undefined : await peelToCommit(objects, found.sha);
    if (commit !== undefined) return { name, commit };
  }
  return undefined;
}

/** The file that `workflow_id` names, by its name or its number. Only files of the default branch can be dispatched. */
async function workflowPath(call: Call, directory: string): Promise<string> {
  const { repository } = call.record;
  const wanted = call.params.workflow_id!;
  const main = await findCommit(call, repository.defaultBranch);
  const files = main === undefined ? [] : ((await listDirectory(directory, main, WORKFLOWS)) ?? []);
  const found = files
    .filter(({ name }) => /\.ya?ml$/.test(name))
    .find(({ name }) => name === wanted || String(workflowId(repository, `${WORKFLOWS}/${name}`)) === wanted);
  if (found === undefined) throw notFound();
  return `${WORKFLOWS}/${found.name}`;
}

function dispatchRepository(call: Call): Answer {
  const { record, body, state } = call;
  const eventType = textOf(body, 'event_type') ?? '';
  const client = isFields(body.client_payload) ? body.client_payload : {};
  const { defaultBranch } = record.repository;
  const payload = { action: eventType, branch: defaultBranch, client_payload: client };
  state.raise('repository_dispatch', eventType, record.repository, call.actor, { payload });
  return { status: 204 };
}

export const dispatchRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches',
    access: { level: 'write', anyOf: ['actions'] },
    handle: dispatchWorkflow,
  },
  {
    method: 'POST',
    path: '/repos/{owner}/{repo}/dispatches',
    access: { level: 'write', anyOf: ['contents'] },
    handle: dispatchRepository,
  },
];
