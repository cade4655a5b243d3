import { z } from 'zod';

/**
 * What our tags say of themselves: one JSON line as their message. Tags are written by anybody who may push, so a message
 * is read by its shape, and a tag of another shape is none of ours.
 */

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const version = z.string().regex(/^v\d+\.\d+\.\d+$/);
const commit = z.string().regex(/^[0-9a-f]{40,64}$/);
const shared = {
  version,
  digest,
  /** Who started it, by login. */
  actor: z.string().max(100),
  /** The run that wrote it. */
  run: z.int().positive().exactOptional(),
  reason: z.string().max(1000),
  /** Chance: two writers never make the same tag object, so that each knows its own. */
  id: z.string().max(64),
};

const versionSchema = z.discriminatedUnion('storage', [
  z.object({
    ...shared,
    storage: z.literal('release'),
    /** The commit that the model was trained at. */
    commit,
    /** The release's number: a draft has no other name that lasts. */
    release: z.int().positive(),
    /** sha256 of the release's SHA256SUMS, so that the tag vouches for every asset. */
    sums: digest,
  }),
  z.object({
    ...shared,
    storage: z.literal('artifact'),
    commit,
    /** The run whose artifact holds the bundle. */
    candidate: z.int().positive(),
  }),
]);

const stageSchema = z.object({
  ...shared,
  /** The stage went back to a version that it had before. */
  rollback: z.boolean(),
});

/** The message of a version's tag. */
export type VersionRecord = z.output<typeof versionSchema>;
/** The message of a stage's tag. */
export type StageRecord = z.output<typeof stageSchema>;

export function parseVersionRecord(message: string): VersionRecord | undefined {
  return parse(versionSchema, message);
}

export function parseStageRecord(message: string): StageRecord | undefined {
  return parse(stageSchema, message);
}

/** One line of JSON; git itself ends a message with a line break. */
export function formatRecord(record: VersionRecord | StageRecord): string {
  return `${JSON.stringify(record)}\n`;
}

function parse<T>(schema: z.ZodType<T>, message: string): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
