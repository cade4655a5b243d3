import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.js';
import { bundleHashSchema, modelNameSchema, versionNameSchema } from './admin-api.js';

/** What a restart needs to know: `state.json` of the models' folder. */

const stateSchema = z.strictObject({
  format: z.literal(1),
  models: z.array(
    z.strictObject({
      name: modelNameSchema,
      /** Per cent by version; versions that came with the start of the server are here too. */
      shares: z.array(z.strictObject({ version: versionNameSchema, share: z.number().min(0).max(100) })),
      /** The versions that the admin API brought, whose bundles lie in `<name>/<version>/`. */
      versions: z.array(
        z.strictObject({
          version: versionNameSchema,
          /** sha256 of the archive that brought it. */
          archive: bundleHashSchema,
          loadedAt: z.iso.datetime(),
        }),
      ),
    }),
  ),
});

export type SavedState = z.infer<typeof stateSchema>;
export type SavedModel = SavedState['models'][number];

const FILE = 'state.json';

/**
 * @returns no models for a folder without the file
 * @throws UserError for a file that is not what this server writes
 */
export async function readState(directory: string): Promise<SavedState> {
  const file = join(directory, FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { format: 1, models: [] };
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const damaged = (why: string): UserError =>
    new UserError(`${file} is damaged (${why}); remove it to start without the models that the admin API brought`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(messageOf(error));
  }
  const parsed = stateSchema.safeParse(value);
  if (!parsed.success) throw damaged(`${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

/** Replaces the file in one step, so that a crash leaves the old or the new one. */
export async function writeState(directory: string, state: SavedState): Promise<void> {
  const unfinished = join(directory, `.${FILE}.${randomBytes(6).toString('hex')}`);
  try {
    const handle = await open(unfinished, 'wx', 0o644);
    try {
      await handle.writeFile(`${JSON.stringify(state, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, join(directory, FILE));
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
