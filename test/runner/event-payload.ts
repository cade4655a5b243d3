import type { Json } from '../../shared/core/json.js';
import type { Repository } from '../github/types.js';

/** A repository as the payload of an event shows it. */
export function repositoryPayload(repository: Repository, fork = false): Json {
  return {
    id: repository.id,
    name: repository.name,
    full_name: repository.fullName,
    owner: userPayload(repository.owner),
    default_branch: repository.defaultBranch,
    html_url: `https://github.com/${repository.fullName}`,
    private: false,
    fork,
  };
}

/** A user, or a bot, as the payload of an event shows it. */
export function userPayload(login: string): Json {
  return { login, type: login.endsWith('[bot]') ? 'Bot' : 'User', html_url: `https://github.com/${login}` };
}
