import { readGate } from '../spec/gates.js';
import type { Comparison } from './comparison.js';

/** Whether a candidate may take the champion's place. */
export interface Acceptance {
  readonly accepted: boolean;
  /** Why, in one plain sentence without a full stop. */
  readonly reason: string;
}

/**
 * Whether nobody needs to be asked. The gates are what the spec asks of a candidate; beyond them it has to be better, equal
 * by the margin, or, where the data cannot tell, held against the champion by a gate on the primary metric that passes: then
 * the spec itself says what is good enough. What is worse, the same, or cannot be compared never replaces anything.
 */
export function acceptanceOf({ verdict, gates, blocked, primary }: Comparison): Acceptance {
  if (blocked) return { accepted: false, reason: 'a gate of the spec does not pass' };
  switch (verdict) {
    case 'first model':
      return { accepted: true, reason: 'it is the first model, and its gates pass' };
    case 'better':
      return { accepted: true, reason: 'it is better than the champion' };
    case 'equivalent':
      return { accepted: true, reason: 'it is as good as the champion, by the margin of the spec' };
    case 'worse':
      return { accepted: false, reason: 'it is worse than the champion' };
    case 'identical':
      return { accepted: false, reason: 'it is the same model as the champion' };
    case 'not comparable':
      return { accepted: false, reason: 'it cannot be compared with the champion' };
    case 'no evidence': {
      const gate = gates.find(({ text, outcome }) => {
        if (outcome !== 'pass') return false;
        const read = readGate(text, [primary]);
        return 'kind' in read && read.kind === 'champion' && read.metric === primary;
      });
      return gate
        ? { accepted: true, reason: `the data cannot tell it from the champion, and ${gate.text} passes` }
        : { accepted: false, reason: 'the data cannot tell it from the champion, and no gate says that this is enough' };
    }
  }
}
