import { z } from 'zod';
import { METRIC_NAMES } from './metrics.js';

/** What the values of many keys are, whichever section they stand in. */

export const share = z.number().min(0).max(1);
export const positiveInteger = z.int().min(1);
const DURATION = /^\d+(\.\d+)?(ms|s|m|h|d|w)$/;
export const duration = z.string().regex(DURATION).describe('A duration: a number and a unit (ms, s, m, h, d, w), such as 7d');
export const columnName = z.string().min(1);
export const metricName = z.string().min(1).meta({ examples: METRIC_NAMES });
export const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1)]);
export const range = (value: z.ZodType<number>) => z.strictObject({ min: value.optional(), max: value.optional() });

/** Whether a text is a duration as the spec writes it, such as `90d`; for inputs that take the place of a key. */
export function isDuration(text: string): boolean {
  return DURATION.test(text);
}
