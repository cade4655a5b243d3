import { GitHubError, notFound } from '../errors.js';
import { paginate } from '../paging.js';
import type { Access } from '../permissions.js';
import { downloadUrl, removeArtifact } from '../results/artifacts.js';
import { type ArtifactRecord, nodeId, timestamp } from '../state.js';
import { repositoryUrl } from './repos.js';
import { type Answer, type Call, idOf, type Route, withLink } from './route.js';
import { existingRun } from './runs.js';

function artifactObject(call: Call, artifact: ArtifactRecord) {
  const { run } = artifact;
  const url = `${repositoryUrl(run.repository, call.apiUrl)}/actions/artifacts/${artifact.id}`;
  return {
    id: artifact.id,
    node_id: nodeId('MA_', artifact.id),
    name: artifact.name,
    size_in_bytes: artifact.finished!.size,
    url,
    archive_download_url: `${url}/zip`,
    expired: isExpired(call, artifact),
    digest: artifact.finished!.digest,
    created_at: timestamp(artifact.createdAt),
    updated_at: timestamp(artifact.finished!.at),
    expires_at: timestamp(artifact.expiresAt),
    workflow_run: {
      id: run.id,
      repository_id: run.repository.id,
      head_repository_id: run.headRepository.id,
      head_branch: run.headBranch,
      head_sha: run.headSha,
    },
  };
}

function isExpired(call: Call, artifact: ArtifactRecord): boolean {
  return artifact.expiresAt <= call.state.now();
}

/** The repository's complete artifacts, expired ones included, newest first. */
function all(call: Call): readonly ArtifactRecord[] {
  return call.state.artifacts
    .filter((artifact) => artifact.finished !== undefined && artifact.run.repository.id === call.record.repository.id)
    .toReversed();
}

function existing(call: Call): ArtifactRecord {
  const id = idOf(call, 'artifact_id');
  const found = all(call).find((artifact) => artifact.id === id);
  if (found === undefined) throw notFound();
  return found;
}

function list(call: Call, artifacts: readonly ArtifactRecord[]): Answer {
  const name = call.query.get('name');
  const found = artifacts.filter((artifact) => name === null || artifact.name === name);
  const { items, link } = paginate(found, call.url, call.query);
  const body = { total_count: found.length, artifacts: items.map((artifact) => artifactObject(call, artifact)) };
  return withLink(body, link);
}

function listOfRun(call: Call): Answer {
  const { current } = existingRun(call);
  const found = all(call).filter((artifact) => artifact.run.id === current.id);
  return list(call, call.query.get('direction') === 'asc' ? found.toReversed() : found);
}

function download(call: Call): Answer {
  const artifact = existing(call);
  if (call.params.archive_format !== 'zip') throw notFound();
  if (isExpired(call, artifact)) throw new GitHubError(410, 'Artifact has expired');
  return { status: 302, headers: { Location: downloadUrl(call.blobs, call.apiUrl, artifact) } };
}

function remove(call: Call): Answer {
  removeArtifact(call.state, call.blobs, existing(call));
  return { status: 204 };
}

const read: Access = { level: 'read', anyOf: ['actions'] };
const ONE = '/repos/{owner}/{repo}/actions/artifacts/{artifact_id}';

export const artifactRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/actions/artifacts',
    access: read,
    handle: (call) => list(call, all(call)),
  },
  { method: 'GET', path: '/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts', access: read, handle: listOfRun },
  {
    method: 'GET',
    path: ONE,
    access: read,
    handle: (call) => ({ status: 200, body: artifactObject(call, existing(call)) }),
  },
  { method: 'DELETE', path: ONE, access: { level: 'write', anyOf: ['actions'] }, handle: remove },
  {
    method: 'GET',
    path: `${ONE}/{archive_format}`,
    access: { level: 'read', anyOf: ['actions'], evenIfPublic: true },
    handle: download,
  },
];
