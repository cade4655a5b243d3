/** A part of a document that can be said at several lengths: the fullest first. The last is often empty: left out. */
export interface Section {
  readonly name: string;
  readonly variants: readonly string[];
}

export interface Fitted {
  readonly text: string;
  /** Names of the sections that were shortened or left out, in the order of the document. */
  readonly shortened: readonly string[];
}

/**
 * Joins sections by empty lines within `limit` UTF-16 code units. While the text is too long, the sections that
 * `shedding` names give up one length each, in that order (a name may come several times); Markdown is never cut.
 * @throws RangeError when even the shortest form is longer than the limit
 */
export function fitSections(sections: readonly Section[], shedding: readonly string[], limit: number): Fitted {
  const level = new Map(sections.map((section) => [section.name, 0]));
  const join = (): string =>
    sections
      .map((section) => section.variants[level.get(section.name)!] ?? '')
      .filter((variant) => variant !== '')
      .join('\n\n');
  const steps = shedding.values();
  let text = join();
  while (text.length > limit) {
    const step = steps.next();
    if (step.done) throw new RangeError(`the shortest form has ${text.length} characters, the limit is ${limit}`);
    const section = sections.find((candidate) => candidate.name === step.value);
    const current = level.get(step.value);
    if (!section || current === undefined || current >= section.variants.length - 1) continue;
    level.set(section.name, current + 1);
    text = join();
  }
  return { text, shortened: sections.filter((section) => level.get(section.name)! > 0).map((section) => section.name) };
}
