import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.js';
import type { Health } from './health.js';

/**
 * The part of `health.json` that decides, for files that come from another job or run; what else stands there is dropped. It says
 * no more than the type `Health`; a test holds the two against each other.
 */

const LARGEST_BYTES = 5_000_000;

const finite = z.number();
const count = z.int().min(0);
const name = z.string().max(400);
const instant = z.string().refine((text) => Number.isFinite(Date.parse(text)), { error: 'no time (ISO 8601)' });
const list = <T extends z.ZodType>(item: T) => z.array(item).max(20_000).readonly();

const windowSchema = z.object({
  from: instant,
  to: instant,
  rows: count,
  sparse: z.boolean(),
  labelled: count,
  labelsComplete: z.boolean(),
  metrics: z.record(name, z.object({ value: finite, low: finite.exactOptional(), high: finite.exactOptional() })),
});

const checkSchema = z.object({
  kind: z.enum(['input drift', 'prediction drift', 'quality', 'contract', 'volume', 'errors', 'latency']),
  subject: name,
  state: z.enum(['ok', 'watch', 'alarm', 'unknown']),
  breaches: count,
  detail: z.string().max(2000),
  effect: finite.exactOptional(),
  pValue: finite.exactOptional(),
});

export const healthSchema = z.object({
  format: z.literal(1),
  kind: z.literal('health'),
  model: name,
  version: name,
  digest: name,
  at: instant,
  window: name,
  windows: list(windowSchema),
  checks: list(checkSchema),
  healthy: z.boolean(),
  drifted: list(name),
  notices: list(z.string().max(2000)),
});

/**
 * Reads what `monitor` wrote.
 * @param shown the file as the user named it
 * @throws UserError when it is not there, no health, or of another model
 */
export async function readHealth(file: string, shown: string, model: string): Promise<Health> {
  const quoted = JSON.stringify(shown);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile())
    throw new UserError(`Input "health": there is no file ${quoted}; it is the output "result-path" of monitor.`);
  if (found.size > LARGEST_BYTES)
    throw new UserError(`Input "health": ${quoted} has ${found.size} bytes; a health has at most ${LARGEST_BYTES}.`);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UserError(`Input "health": ${quoted} is not JSON (${messageOf(error).slice(0, 120)}); monitor writes it.`);
  }
  const parsed = healthSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue && issue.path.length > 0 ? ` at ${issue.path.join('.').slice(0, 100)}` : '';
    throw new UserError(
      `Input "health": ${quoted} is no health${place} (${issue?.message.slice(0, 200)}); it must be the health.json that monitor wrote.`,
    );
  }
  if (parsed.data.model !== model)
    throw new UserError(
      `Input "health": ${quoted} is of the model ${JSON.stringify(parsed.data.model)}, and the spec is of ${JSON.stringify(model)}.`,
    );
  return parsed.data;
}
