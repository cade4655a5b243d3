import type { GitHubClient, RepositoryName } from './client.js';
import { attempt } from './errors.js';

export interface CheckAnnotation {
  readonly path: string;
  readonly line: number;
  readonly level: 'failure' | 'warning' | 'notice';
  readonly message: string;
}

export interface CheckRun {
  readonly repository: RepositoryName;
  /** What tells this check from others on the same commit; a second post of the same name updates it. */
  readonly name: string;
  readonly headSha: string;
  readonly conclusion: 'success' | 'failure' | 'neutral';
  readonly title: string;
  /** Markdown, at most 65,535 characters. */
  readonly summary: string;
  readonly annotations: readonly CheckAnnotation[];
  readonly detailsUrl?: string;
  readonly fromFork: boolean;
}

/** GitHub takes so many annotations a request; further ones are appended by updates. */
const ANNOTATIONS_A_REQUEST = 50;

/** Posts a completed check run on a commit, or updates the one of that name. @returns its address */
export async function postCheck(client: GitHubClient, check: CheckRun): Promise<string> {
  const details = { what: 'write a check run', permission: 'checks: write', fromFork: check.fromFork };
  return attempt(details, async () => {
    const batches = batchesOf(check.annotations);
    const { repository } = check;
    const body = (index: number) => ({
      ...repository,
      name: check.name,
      status: 'completed' as const,
      conclusion: check.conclusion,
      ...(check.detailsUrl && { details_url: check.detailsUrl }),
      output: { title: check.title, summary: check.summary, annotations: (batches[index] ?? []).map(toRequest) },
    });
    const { data: listed } = await client.rest.checks.listForRef({
      ...repository,
      ref: check.headSha,
      check_name: check.name,
      filter: 'latest',
      per_page: 1,
    });
    const existing = listed.check_runs[0];
    // Annotations can only be appended, so an update that has some starts a new check run, which supersedes by name.
    const reusable = existing && batches.length === 0 && existing.output.annotations_count === 0;
    const { data: first } = reusable
      ? await client.rest.checks.update({ ...body(0), check_run_id: existing.id })
      : await client.rest.checks.create({ ...body(0), head_sha: check.headSha });
    for (let index = 1; index < batches.length; index++) {
      await client.rest.checks.update({ ...body(index), check_run_id: first.id });
    }
    return first.html_url ?? '';
  });
}

function batchesOf(annotations: readonly CheckAnnotation[]): CheckAnnotation[][] {
  const batches: CheckAnnotation[][] = [];
  for (let start = 0; start < annotations.length; start += ANNOTATIONS_A_REQUEST)
    batches.push(annotations.slice(start, start + ANNOTATIONS_A_REQUEST));
  return batches;
}

function toRequest({ path, line, level, message }: CheckAnnotation) {
  return { path, start_line: line, end_line: line, annotation_level: level, message };
}
