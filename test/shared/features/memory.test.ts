import { expect, test } from 'vitest';
import { checkRoom } from '../../../shared/features/memory.js';
import type { FeaturePlan } from '../../../shared/features/plan.js';

const plan: FeaturePlan = {
  features: [
    { name: 'n', kind: 'numeric', from: 'n' },
    ...Array.from({ length: 999 }, (_, bucket) => ({
      ...{ name: `note_hashed_tokens_${bucket}`, kind: 'hashed_tokens' as const, from: 'note' },
      ...{ buckets: 999, bucket },
    })),
  ],
};

test('features that would take more than half of the memory are refused before they are computed', () => {
  // 1,000 features of a million rows are 4 GB.
  expect(() => checkRoom(plan, 1e6, 8e9)).not.toThrow();
  expect(() => checkRoom(plan, 1e6 + 1, 8e9, (path) => ({ file: path.join('.'), line: 3 }))).toThrow(
    'features:3: features: 1,000 features of 1,000,001 rows need 4.0 GB, and may take half of the memory, 4.0 GB; ' +
      'most of them are hashed_tokens of "note" (999): ask for fewer, take fewer rows (data.where), or a larger machine',
  );
});
