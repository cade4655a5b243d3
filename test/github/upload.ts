import { createHash } from 'node:crypto';
import { raw } from './scene.js';
import { jobBackendId, runBackendId } from './tokens.js';
import type { Job, LocalGitHub, LocalGitHubInspection } from './types.js';

/** Uploads bytes as a job's artifact without the toolkit, so that they may be anything. */
export async function uploadBytes(
  github: LocalGitHub & LocalGitHubInspection,
  job: Job,
  name: string,
  bytes: Buffer,
): Promise<void> {
  const ids = { workflow_run_backend_id: runBackendId(job.run), workflow_job_run_backend_id: jobBackendId(job) };
  const call = async (method: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await raw(github, `/twirp/github.actions.results.api.v1.ArtifactService/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${job.runtimeToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...ids, name, ...body }),
    });
    if (!answer.ok) throw new Error(`${method}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const { signed_upload_url: url } = await call('CreateArtifact', { version: 7, mime_type: 'application/zip' });
  const id = Buffer.from('block-0').toString('base64');
  const put = async (query: string, body: Buffer | string): Promise<void> => {
    const answer = await fetch(`${String(url)}&${query}`, { method: 'PUT', body: new Uint8Array(Buffer.from(body)) });
    if (!answer.ok) throw new Error(`${query}: ${answer.status}`);
  };
  await put(`comp=block&blockid=${encodeURIComponent(id)}`, bytes);
  await put('comp=blocklist', `<?xml version="1.0" encoding="utf-8"?><BlockList><Latest>${id}</Latest></BlockList>`);
  const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  await call('FinalizeArtifact', { size: String(bytes.length), hash });
}
