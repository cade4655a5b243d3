import type { Location, Problem } from '../../../core/errors.js';
import type { Path, YamlDocument } from '../../../spec/document.js';
import type { Scalar } from './imported-rule.js';

/** A part of a file that somebody else's tool wrote: values are looked at one by one, and each knows its place. */
export class Part {
  readonly #document: YamlDocument;
  readonly #path: Path;
  readonly value: unknown;

  constructor(document: YamlDocument, path: Path = [], value: unknown = document.value) {
    this.#document = document;
    this.#path = path;
    this.value = value;
  }

  /** Where its key stands; an item of a list by itself. */
  get location(): Location {
    return this.#document.locateKey(this.#path);
  }

  /** Undefined where there is none, or nothing in it. */
  get(key: string | number): Part | undefined {
    if (typeof this.value !== 'object' || this.value === null || !Object.hasOwn(this.value, key)) return undefined;
    const inner = (this.value as Record<string | number, unknown>)[key];
    return inner === null || inner === undefined ? undefined : new Part(this.#document, [...this.#path, key], inner);
  }

  /** The key of the mapping that it is the value of, or its number in a list. */
  get key(): string {
    return String(this.#path.at(-1) ?? '');
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  text(key: string): string | undefined {
    const value = this.get(key)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  number(key: string): number | undefined {
    const value = this.get(key)?.value;
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }

  flag(key: string): boolean | undefined {
    const value = this.get(key)?.value;
    return typeof value === 'boolean' ? value : undefined;
  }

  /** A number or text. */
  limit(key: string): number | string | undefined {
    return this.number(key) ?? this.text(key);
  }

  /** The items of a list, or the values of a mapping; none of anything else. */
  items(): Part[] {
    if (Array.isArray(this.value)) return this.value.flatMap((_, index) => this.get(index) ?? []);
    if (typeof this.value !== 'object' || this.value === null) return [];
    return Object.keys(this.value).flatMap((key) => this.get(key) ?? []);
  }

  list(key: string): Part[] {
    const part = this.get(key);
    return part && Array.isArray(part.value) ? part.items() : [];
  }

  /** A list of texts, or one text; undefined for anything else. */
  texts(key: string): string[] | undefined {
    const value = this.get(key)?.value;
    if (typeof value === 'string') return [value];
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  }

  /** A list of plain values, of which those that are null are left out; undefined for anything else. */
  scalars(key: string): Scalar[] | undefined {
    const value = this.get(key)?.value;
    if (!Array.isArray(value)) return undefined;
    const known = value.filter((item) => item !== null);
    return known.every(isScalar) ? known : undefined;
  }

  keys(): string[] {
    return typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value) ? Object.keys(this.value) : [];
  }

  /** What is said of a rule that is not run. */
  unsupported(name: string, why = 'is not checked here'): Problem {
    return { message: `${name} ${why}`, location: this.location };
  }
}

export function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

/** A mapping without anything, for arguments that are not there. */
export function emptyPart(): Part {
  const nowhere = { file: '' };
  return new Part({ value: {}, problems: [], locate: () => nowhere, locateKey: () => nowhere });
}
