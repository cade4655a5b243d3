import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** The project's root, with a trailing slash. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const actionSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  author: z.string(),
  branding: z.strictObject({ icon: z.string(), color: z.string() }),
  inputs: z.record(
    z.string(),
    z.strictObject({ description: z.string(), default: z.string().optional(), required: z.boolean().optional() }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string() })),
  runs: z.strictObject({ using: z.literal('node24'), main: z.string() }),
});

export type ActionFile = z.output<typeof actionSchema>;

/** Every action's folder name with its action.yml. */
export async function readActions(): Promise<ReadonlyMap<string, ActionFile>> {
  const entries = await readdir(`${ROOT}actions`, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const actions = new Map<string, ActionFile>();
  for (const name of names.sort())
    actions.set(name, actionSchema.parse(parse(await readFile(`${ROOT}actions/${name}/action.yml`, 'utf8'))));
  return actions;
}
