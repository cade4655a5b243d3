import { z } from 'zod';
import type { Json } from '../core/json.js';

/**
 * What retraining remembers in the health issue, while there is one: its last decision to train, for when artifacts have expired
 * and no version came of it.
 */
const blockSchema = z.strictObject({
  run: z.int().positive(),
  at: z.iso.datetime(),
  /** Digest of the rows that it trains on. */
  data: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});

export type RetrainingBlock = Readonly<z.output<typeof blockSchema>>;

/** What a hidden block holds; undefined when there is none, or somebody has edited it. */
export function readBlock(value: Json | undefined): RetrainingBlock | undefined {
  const parsed = blockSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
