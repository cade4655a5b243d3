import type { GitHubClient, RepositoryName } from './client.js';
import { attempt, statusOf } from './errors.js';

/**
 * Whether a job that names the environment waits until a person lets it start. An environment that is not there yet, or
 * whose rules the plan does not have (private repositories outside of GitHub Enterprise), holds nobody up.
 */
export async function requiresReview(client: GitHubClient, repository: RepositoryName, environment: string): Promise<boolean> {
  const what = `read the rules of environment ${JSON.stringify(environment)}`;
  return attempt({ what, permission: 'actions: read', fromFork: false }, async () => {
    try {
      const { data } = await client.rest.repos.getEnvironment({ ...repository, environment_name: environment });
      return (data.protection_rules ?? []).some(
        (rule) => rule.type === 'required_reviewers' && 'reviewers' in rule && (rule.reviewers ?? []).length > 0,
      );
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  });
}
