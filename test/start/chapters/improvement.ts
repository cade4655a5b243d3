import type { Comparison } from '../../../shared/evaluation/comparison.js';
import { plainHeadline } from '../../../shared/report/comparison.js';
import { expectThat } from '../story/expectation.js';
import type { Story } from '../story/story.js';

/** @throws Unexpected unless the candidate is better, or may well be where there are too few rows to tell, and no gate blocks */
export function expectImprovement({ project }: Story, comparison: Comparison): void {
  const accepted = project.story.decisive ? ['better'] : ['better', 'equivalent', 'no evidence'];
  expectThat(accepted.includes(comparison.verdict), `the verdict ${accepted.join(' or ')}`, comparison.verdict);
  expectThat(!comparison.blocked, 'no gate that blocks', plainHeadline(comparison));
}
