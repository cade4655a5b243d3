import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { PlannedTrial } from './round.js';

/** What one job is to run: the input `trials` of train, as tune-plan writes it. */
export interface Pack {
  readonly study: string;
  readonly round: number;
  /** From 1. */
  readonly job: number;
  readonly trials: readonly PlannedTrial[];
  /** No trial begins once those of the pack have taken so long together. */
  readonly seconds?: number;
}

const packSchema = z.strictObject({
  study: z.string().min(1),
  round: z.int().min(1),
  job: z.int().min(1),
  trials: z
    .array(
      z.strictObject({
        number: z.int().min(1),
        params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      }),
    )
    .min(1),
  seconds: z.number().min(0).optional(),
});

/** An environment variable, which is how an action gets its inputs, may have 128 KiB on Linux. */
export const MOST_PACK_CHARACTERS = 60_000;

export function packText(pack: Pack): string {
  return JSON.stringify(pack);
}

/** Reads the input `trials`. @throws UserError when it is no pack */
export function readPack(text: string): Pack {
  const wrong = (what: string): UserError =>
    new UserError(
      `Input "trials" is ${what}; accepted: a pack that tune-plan wrote, such as \${{ matrix.trials }} of its matrix.`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong(`not JSON (${JSON.stringify(text.slice(0, 60))})`);
  }
  const parsed = packSchema.safeParse(value);
  if (parsed.success) {
    const { seconds, ...pack } = parsed.data;
    return { ...pack, ...(seconds !== undefined && { seconds }) };
  }
  const issue = parsed.error.issues[0];
  throw wrong(`no pack: "${issue?.path.join('.') || 'the document'}" is wrong (${issue?.message})`);
}
