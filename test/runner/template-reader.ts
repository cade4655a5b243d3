import { conditionProblem, type ExpressionRule, templateProblem } from './expressions.js';
import type { Condition, Template } from './workflow-spec.js';
import { scalarText, toJson, type YamlEntry, YamlReader, type YamlValue } from './yaml-reader.js';

/** A YAML reader that also checks the expressions of what it reads. */
export class TemplateReader extends YamlReader {
  /** Any value whose expressions keep to the rule. */
  template(value: YamlValue, rule: ExpressionRule): Template {
    this.#check(value, rule);
    return { value: toJson(value), location: value.location };
  }

  /** A mapping of names to scalars, or one expression that gives such a mapping: `env:`. */
  environment(value: YamlValue, what: string, rule: ExpressionRule): Template {
    if (value.kind === 'scalar' && !String(value.value ?? '').startsWith('${{')) this.mapping(value, what);
    else if (value.kind !== 'scalar') this.templates(value, what, rule);
    return this.template(value, rule);
  }

  /** A mapping of names to scalars: `with:`, `outputs:`. */
  templates(value: YamlValue, what: string, rule: ExpressionRule, keys?: readonly string[]): ReadonlyMap<string, Template> {
    const read = new Map<string, Template>();
    for (const [name, entry] of this.mapping(value, what, keys)) {
      if (entry.value.kind === 'scalar') read.set(name, this.template(entry.value, rule));
      else this.report(entry.value.location, `${what}.${name} must be a single value, not a ${entry.value.kind}`);
    }
    return read;
  }

  /** A text, number or boolean that may hold expressions. */
  scalar(value: YamlValue, what: string, rule: ExpressionRule): Template {
    if (value.kind !== 'scalar') this.report(value.location, `${what} must be a single value, not a ${value.kind}`);
    return this.template(value, rule);
  }

  condition(value: YamlValue, what: string, rule: ExpressionRule): Condition {
    const text = value.kind === 'scalar' ? scalarText(value.value) : this.text(value, what);
    const problem = conditionProblem(text, rule);
    if (problem) this.report(value.location, `${what}: ${problem}`);
    return { text, location: value.location };
  }

  /** Reads a key that may be absent, and hands it on under its name in the result. */
  optional<Name extends string, Read>(
    entries: ReadonlyMap<string, YamlEntry>,
    key: string,
    name: Name,
    read: (value: YamlValue) => Read,
  ): { [key in Name]?: Read } {
    const entry = entries.get(key);
    return entry ? ({ [name]: read(entry.value) } as { [key in Name]?: Read }) : {};
  }

  #check(value: YamlValue, rule: ExpressionRule): void {
    if (value.kind === 'scalar') {
      const problem = typeof value.value === 'string' ? templateProblem(value.value, rule) : undefined;
      if (problem) this.report(value.location, problem);
    } else if (value.kind === 'sequence') {
      for (const item of value.items) this.#check(item, rule);
    } else {
      for (const entry of value.entries.values()) this.#check(entry.value, rule);
    }
  }
}
