import { z } from 'zod';
import { ALGORITHMS, PARAMS, rangeText } from './params.js';
import { specSchema } from './schema.js';

let made: object | undefined;

/**
 * The JSON Schema (draft 7, which every editor knows) of `mlops.yaml` as users write it: keys with defaults are optional.
 * Made once a process; callers do not change it.
 */
export function specJsonSchema(): object {
  made ??= {
    ...z.toJSONSchema(specSchema, { io: 'input', target: 'draft-7', override: describeParams }),
    title: 'mlops.yaml',
    description: 'A model from data to production, for mlops-actions',
  };
  return made;
}

/** The committed file's text. */
export function specJsonSchemaText(): string {
  return `${JSON.stringify(specJsonSchema(), null, 2)}\n`;
}

/** Editors offer the parameters of the built-in trainers. They take any scalar, as a command of one's own does. */
function describeParams({ jsonSchema, path }: { jsonSchema: z.core.JSONSchema.BaseSchema; path: (string | number)[] }): void {
  if (path.join('.') !== 'properties.train.properties.params') return;
  jsonSchema.properties = Object.fromEntries(
    ALGORITHMS.flatMap((algorithm) =>
      Object.entries(PARAMS[algorithm]).map(([name, info]) => [
        name,
        {
          type: ['string', 'number', 'boolean'],
          description: `${info.meaning}; ${rangeText(info)} (${algorithm})`,
          ...(info.default !== undefined && { default: info.default }),
        },
      ]),
    ),
  );
}
