import type { Heads } from './objects/memory-store.js';
import type { State } from './state.js';
import type { Repository } from './types.js';

/** What pull requests and runs say of a repository's commits and branches: a pull request's head counts most. */
export function knownHeads(state: State, repository: Repository): Heads {
  const commits = new Set<string>();
  const branches = new Map<string, string>();
  const bases = state.pullRequests.filter(({ current }) => current.base.repository.id === repository.id);
  for (const { current } of bases) {
    commits.add(current.base.sha).add(current.head.sha);
    branches.set(current.base.ref, current.base.sha);
  }
  for (const { current } of state.runs) {
    if (current.repository.id === repository.id) commits.add(current.headSha);
    if (current.headRepository.id === repository.id) branches.set(current.headBranch, current.headSha);
  }
  const heads = state.pullRequests.filter(({ current }) => current.head.repository.id === repository.id);
  for (const { current } of heads) {
    commits.add(current.head.sha);
    branches.set(current.head.ref, current.head.sha);
  }
  return { commits, branches };
}
