import type { GraphBuilder } from '../onnx/graph.js';
import type { DatePart } from '../spec/schema.js';
import { MICROSECONDS_A_DAY } from './calendar.js';

const FLOAT32 = 1;
const INT64 = 7;

/**
 * The nodes that compute the parts of a moment, in 64-bit whole numbers: the same steps as calendar.ts. What several
 * parts share is computed once.
 * @param moment name of an int64 tensor: microseconds since 1970-01-01 UTC
 * @returns gives, for a part, the name of a float32 tensor of the moment's shape; what it holds where the moment is
 *   missing has no meaning
 */
export function createCalendar(moment: string, graph: GraphBuilder): (part: DatePart) => string {
  const known = new Map<string, string>();
  const whole = (value: number): string => graph.constant({ type: 'int64', shape: [], values: [BigInt(value)] });
  const add = (value: string, amount: number): string => graph.node('Add', [value, whole(amount)]);
  const times = (value: string, factor: number): string => graph.node('Mul', [value, whole(factor)]);
  const minus = (left: string, right: string): string => graph.node('Sub', [left, right]);
  /** Rounds towards zero, which is the floor for values that are not negative. */
  const quotient = (value: string, divisor: number): string => graph.node('Div', [value, whole(divisor)]);
  /** The remainder of the floored division: never negative. */
  const remainder = (value: string, divisor: number): string => graph.node('Mod', [value, whole(divisor)]);
  const toInteger = (condition: string): string => graph.node('Cast', [condition], { to: { int: INT64 } });
  const floored = (value: string, divisor: number): string => {
    const towardsZero = quotient(value, divisor);
    const rest = minus(value, times(towardsZero, divisor));
    return minus(towardsZero, toInteger(graph.node('Less', [rest, whole(0)])));
  };
  const once = (name: string, make: () => string): string => {
    const value = known.get(name) ?? make();
    known.set(name, value);
    return value;
  };

  const days = () => once('days', () => floored(moment, MICROSECONDS_A_DAY));
  const time = () => once('time', () => remainder(moment, MICROSECONDS_A_DAY));
  const weekday = () => once('weekday', () => remainder(add(days(), 3), 7));
  const shifted = () => once('shifted', () => add(days(), 719_468));
  const era = () => once('era', () => floored(shifted(), 146_097));
  const dayOfEra = () => once('dayOfEra', () => minus(shifted(), times(era(), 146_097)));
  const yearOfEra = () =>
    once('yearOfEra', () => {
      const fewer = minus(dayOfEra(), quotient(dayOfEra(), 1460));
      const more = graph.node('Add', [fewer, quotient(dayOfEra(), 36_524)]);
      return quotient(minus(more, quotient(dayOfEra(), 146_096)), 365);
    });
  const dayOfYear = () =>
    once('dayOfYear', () => {
      const leapDays = minus(quotient(yearOfEra(), 4), quotient(yearOfEra(), 100));
      return minus(dayOfEra(), graph.node('Add', [times(yearOfEra(), 365), leapDays]));
    });
  const marchMonth = () => once('marchMonth', () => quotient(add(times(dayOfYear(), 5), 2), 153));
  const month = () =>
    once('month', () => {
      const nextYear = toInteger(graph.node('GreaterOrEqual', [marchMonth(), whole(10)]));
      return minus(add(marchMonth(), 3), times(nextYear, 12));
    });
  const year = (): string => {
    const nextYear = toInteger(graph.node('LessOrEqual', [month(), whole(2)]));
    return graph.node('Add', [graph.node('Add', [yearOfEra(), times(era(), 400)]), nextYear]);
  };
  const parts: Readonly<Record<DatePart, () => string>> = {
    year,
    quarter: () => quotient(add(month(), 2), 3),
    month,
    day: () => add(minus(dayOfYear(), quotient(add(times(marchMonth(), 153), 2), 5)), 1),
    weekday,
    is_weekend: () => toInteger(graph.node('GreaterOrEqual', [weekday(), whole(5)])),
    hour: () => quotient(time(), 3_600_000_000),
    minute: () => remainder(quotient(time(), 60_000_000), 60),
  };
  return (part) => graph.node('Cast', [parts[part]()], { to: { int: FLOAT32 } });
}
