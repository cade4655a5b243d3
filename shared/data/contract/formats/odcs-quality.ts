import type { Problem } from '../../../core/errors.js';
import { readYaml } from '../../../spec/document.js';
import { readGreatExpectations } from './great-expectations.js';
import { ALL_ROWS, type Bounds, type ImportedRule, type RowTest, type WholeTest } from './imported-rule.js';
import { Part } from './part.js';

const WARNING = /^(warning|warn|info|low)$/i;

/** One table of the contract, as it is read. */
export class TableRules {
  readonly rules: ImportedRule[] = [];
  readonly unsupported: Problem[] = [];
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  add(name: string, part: Part, columns: readonly string[], test: RowTest | WholeTest, more: Partial<ImportedRule> = {}): void {
    // That a column is not there is the rule of its name.
    const optional = test.kind !== 'column';
    this.rules.push({ name, columns, test, allow: ALL_ROWS, severity: 'error', optional, location: part.location, ...more });
  }
}

/**
 * A rule of `quality`.
 * @param columns the one of the property, or none: then the rule is the table's
 */
export function qualityRule(quality: Part, columns: readonly string[], rules: TableRules): void {
  const type = quality.text('type') ?? 'library';
  const read = type === 'custom' ? custom(quality, rules) : type === 'library' ? library(quality, columns) : UNRUN[type];
  if (typeof read === 'object') rules.rules.push(...read);
  else {
    const shown = quality.text('name') ?? quality.text('id') ?? quality.text('metric') ?? type;
    rules.unsupported.push(quality.unsupported(`quality ${shown}`, read));
  }
}

const UNRUN: Readonly<Record<string, string>> = {
  text: 'is text for people, and not checked',
  sql: 'is a query of its own, which is not run here; write it as contract.checks of the spec',
};

/** The rule of a metric of the standard, or why there is none. */
function library(quality: Part, columns: readonly string[]): ImportedRule[] | string | undefined {
  const metric = quality.text('metric') ?? quality.text('rule') ?? '';
  const limits = operators(quality);
  if (!limits) return 'has no operator that is known (mustBe, mustBeLessThan, mustBeBetween and so on)';
  const isPercent = /^percent$|^%$/i.test(quality.text('unit') ?? '');
  const common = {
    severity: WARNING.test(quality.text('severity') ?? '') ? 'warning' : 'error',
    location: quality.location,
  } as const;
  if (metric === 'rowCount') {
    if (isPercent) return 'counts rows in percent';
    return [{ ...common, name: 'quality.rowCount', columns: [], test: { kind: 'rows', bounds: limits }, allow: ALL_ROWS }];
  }
  const given = quality.get('arguments') ?? quality;
  const of = columns.length > 0 ? columns : (given.texts('properties') ?? []);
  const test = metricTest(metric, given);
  if (typeof test !== 'object') return test;
  if (of.length === 0) return 'names no properties';
  return [
    {
      ...common,
      name: `quality.${metric}`,
      columns: of,
      test,
      allow: { failing: limits, unit: isPercent ? 'percent' : 'rows' },
    },
  ];
}

/** What a row fails by, so that it is counted. */
function metricTest(metric: string, given: Part): RowTest | string | undefined {
  switch (metric) {
    case 'nullValues':
    case 'nullCheck':
      return { kind: 'missing' };
    case 'missingValues': {
      const values = (given.scalars('missingValues') ?? []).filter((value) => value !== '');
      return values.length === 0 ? { kind: 'missing' } : { kind: 'set', values, negate: true, missingFails: true };
    }
    case 'invalidValues':
    case 'validValues': {
      const values = given.scalars('validValues');
      const pattern = given.text('pattern');
      if (values) return { kind: 'set', values };
      if (pattern === undefined) return 'names neither validValues nor a pattern';
      return { kind: 'pattern', patterns: [pattern], how: 'search', match: 'all' };
    }
    case 'duplicateValues':
    case 'duplicateCount':
      return { kind: 'unique', counts: 'values' };
    default:
      return undefined;
  }
}

/** The bounds that the operators give; undefined when there is none, or one that is no range. */
function operators(quality: Part): Bounds | undefined {
  const [low, high, ...more] = quality.scalars('mustBeBetween') ?? [];
  if (typeof low === 'number' && typeof high === 'number' && more.length === 0) return { min: low, max: high };
  const exact = quality.number('mustBe');
  if (exact !== undefined) return { min: exact, max: exact };
  const [above, atLeast] = [quality.number('mustBeGreaterThan'), quality.number('mustBeGreaterOrEqualTo')];
  const [below, atMost] = [quality.number('mustBeLessThan'), quality.number('mustBeLessOrEqualTo')];
  if ([above, atLeast, below, atMost].every((bound) => bound === undefined)) return undefined;
  return { min: above ?? atLeast, max: below ?? atMost, strictMin: above !== undefined, strictMax: below !== undefined };
}

/** Rules for Great Expectations are expectations; those of other engines are not known. */
function custom(quality: Part, rules: TableRules): ImportedRule[] | string {
  const engine = quality.text('engine') ?? '?';
  if (!/^great[-_ ]?expectations$/i.test(engine)) return `is for the engine ${engine}, and not checked here`;
  const text = quality.text('implementation');
  const value = text === undefined ? quality.get('implementation')?.value : readYaml(text, rules.file).value;
  const { location } = quality;
  const place = () => location;
  const suite = { expectations: Array.isArray(value) ? value : [value] };
  const read = readGreatExpectations(new Part({ value: suite, problems: [], locate: place, locateKey: place }), rules.file);
  rules.unsupported.push(...read.unsupported);
  return [...read.rules];
}
