/** Values that must not be read in a log: secrets, tokens, and what `::add-mask::` names. */
export class Masks {
  readonly #values = new Set<string>();
  #ordered: string[] | undefined;

  /** Hides a value, each line of it that is not blank, and the forms it takes in JSON, in URLs and in base64. */
  add(value: string): void {
    for (const part of [value, ...value.split(/\r?\n/)]) {
      if (part.trim() === '') continue;
      const encoded = [JSON.stringify(part).slice(1, -1), encodeURIComponent(part), Buffer.from(part).toString('base64')];
      for (const form of [part, ...encoded]) this.#values.add(form);
    }
    this.#ordered = undefined;
  }

  hides(text: string): boolean {
    return this.#list().some((value) => text.includes(value));
  }

  /** The text with `***` for every hidden value, longer ones first. */
  apply(text: string): string {
    let masked = text;
    for (const value of this.#list()) {
      if (masked.includes(value)) masked = masked.replaceAll(value, () => '***');
    }
    return masked;
  }

  #list(): readonly string[] {
    this.#ordered ??= [...this.#values].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    return this.#ordered;
  }
}
