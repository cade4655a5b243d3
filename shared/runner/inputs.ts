import { parseDuration } from '../core/duration.js';
import { UserError } from '../core/errors.js';
import type { Json } from '../core/json.js';

/**
 * Reads an action's inputs by name, with the checks that belong to a single input. The source is a function, so that a
 * test can hand in values and can see which names an action reads.
 */
export class InputReader {
  readonly #get: (name: string) => string;
  readonly #mask: (value: string) => void;

  /** @param mask keeps a text out of the log from then on */
  constructor(get: (name: string) => string, mask: (value: string) => void = () => {}) {
    this.#get = (name) => get(name).trim();
    this.#mask = mask;
  }

  /** The input's text; empty reads as undefined. */
  optional(name: string): string | undefined {
    return this.#get(name) || undefined;
  }

  /** @throws UserError when the input is empty. */
  required(name: string): string {
    const value = this.#get(name);
    if (!value) throw new UserError(`Input "${name}" is required: add it under "with:" of this step.`);
    return value;
  }

  /** Like optional, for credentials: the log shows `***` in their place. */
  secret(name: string): string | undefined {
    const value = this.optional(name);
    if (value !== undefined) this.#mask(value);
    return value;
  }

  /** Milliseconds of a duration such as `30s` or `5m`. @throws UserError on anything else */
  duration(name: string): number {
    const value = this.#get(name);
    const milliseconds = parseDuration(value);
    if (milliseconds === undefined)
      throw new UserError(
        `Input "${name}" is ${JSON.stringify(value)}; accepted: a number and a unit (ms, s, m, h, d, w), such as 30s.`,
      );
    return milliseconds;
  }

  /** YAML 1.2 booleans. @throws UserError on anything else. */
  flag(name: string): boolean {
    const value = this.#get(name).toLowerCase();
    if (value === 'true') return true;
    if (value === 'false' || value === '') return false;
    throw new UserError(`Input "${name}" is ${JSON.stringify(this.#get(name))}; accepted: true, false.`);
  }

  /** One of a closed set. @throws UserError that lists the set. */
  choice<const T extends string>(name: string, choices: readonly T[]): T {
    const value = this.#get(name);
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined)
      throw new UserError(`Input "${name}" is ${JSON.stringify(value)}; accepted: ${choices.join(', ')}.`);
    return choice;
  }

  /** One item a line; empty lines are skipped. */
  lines(name: string): readonly string[] {
    return this.#get(name)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }

  /** The same of an input that may not be empty. @throws UserError */
  requiredLines(name: string): readonly string[] {
    this.required(name);
    return this.lines(name);
  }

  /** A JSON object of scalars, such as `{"num_leaves": 63}`. Empty reads as `{}`. */
  scalars(name: string): Readonly<Record<string, string | number | boolean>> {
    const value = this.#get(name);
    if (!value) return {};
    const wrong = (found: string): UserError =>
      new UserError(
        `Input "${name}" is ${found}; accepted: a JSON object of numbers, texts and booleans, such as {"num_leaves": 63}.`,
      );
    let parsed: Json;
    try {
      parsed = JSON.parse(value);
    } catch {
      throw wrong(`not JSON (${JSON.stringify(value.slice(0, 60))})`);
    }
    if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) throw wrong(JSON.stringify(value.slice(0, 60)));
    const scalars: Record<string, string | number | boolean> = {};
    for (const [key, member] of Object.entries(parsed)) {
      if (typeof member !== 'string' && typeof member !== 'number' && typeof member !== 'boolean')
        throw wrong(`an object whose "${key}" is ${member === null ? 'null' : typeof member}`);
      scalars[key] = member;
    }
    return scalars;
  }
}
