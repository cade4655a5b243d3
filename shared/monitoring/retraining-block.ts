import { z } from 'zod';

/**
 * What retraining leaves in the health issue beside its words: its last decision to train, for when artifacts have expired
 * and no version came of it. It stands in an HTML comment, where people do not see it.
 */
const blockSchema = z.strictObject({
  run: z.int().positive(),
  at: z.iso.datetime(),
  /** Digest of the rows that it trains on. */
  data: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});

export type RetrainingBlock = Readonly<z.output<typeof blockSchema>>;

const BEGIN = '<!-- mlops-actions:retrain ';
const END = ' -->';

/** The hidden first line of the comment of a model. */
export function retrainMarker(model: string): string {
  return `<!-- mlops-actions:retraining-of ${model} -->`;
}

/** One line. Nothing in it can end the HTML comment: neither `>` nor two hyphens in a row are written as such. */
export function formatBlock(block: RetrainingBlock): string {
  const json = JSON.stringify(blockSchema.parse(block))
    .replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
    .replace(/--/g, '\\u002d\\u002d');
  return `${BEGIN}${json}${END}`;
}

/** The block of a text that anybody may have edited; undefined when there is none, or it is not what `formatBlock` writes. */
export function parseBlock(text: string): RetrainingBlock | undefined {
  for (const line of text.slice(0, 100_000).split(/\r?\n/)) {
    if (!line.startsWith(BEGIN) || !line.endsWith(END)) continue;
    try {
      const parsed = blockSchema.safeParse(JSON.parse(line.slice(BEGIN.length, -END.length)));
      if (parsed.success) return parsed.data;
    } catch {
      // Somebody has edited it: what tags and runs tell is enough.
    }
  }
  return undefined;
}
