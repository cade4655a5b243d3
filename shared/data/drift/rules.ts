import { formatCount, formatNumber } from '../../core/format.js';
import type { LoadedSpec } from '../../spec/load.js';
import type { Spec } from '../../spec/schema.js';
import { columnKey } from '../column-names.js';
import type { Dataset } from '../dataset.js';
import type { RuleResult } from '../validation.js';
import { METHOD_FACTS } from './methods.js';
import type { DriftReport, DriftRule } from './report.js';

type Contract = Exclude<NonNullable<Spec['contract']>, string>;

/** The contract's rules about drift; undefined when it has none. */
export function driftContract({ contract }: Spec): Contract | undefined {
  if (contract === undefined || typeof contract === 'string') return undefined;
  const columns = Object.values(contract.columns ?? {}).some(({ drift }) => drift !== undefined);
  return contract.drift !== undefined || columns ? contract : undefined;
}

/** The rule of a column, by SQL's rules of case. */
export function driftRuleOf({ contract }: Spec, column: string): DriftRule | undefined {
  if (contract === undefined || typeof contract === 'string') return undefined;
  return Object.entries(contract.columns ?? {}).find(([name]) => columnKey(name) === columnKey(column))?.[1].drift;
}

/** What the contract's rules about drift say of what was found, in the order of the spec. */
export function judgeDrift(report: DriftReport, loaded: LoadedSpec, { schema }: Pick<Dataset, 'schema'>): RuleResult[] {
  const contract = driftContract(loaded.spec);
  if (!contract) return [];
  const lineOf = (path: readonly string[]): { line?: number } => {
    const { line } = loaded.locate(path);
    return line === undefined ? {} : { line };
  };
  const rules = Object.entries(contract.columns ?? {}).flatMap(([name, { drift, severity }]): RuleResult[] => {
    if (drift === undefined) return [];
    return [
      {
        ...{ column: name, rule: 'drift', required: requirement(drift, report), severity: severity ?? 'error' },
        ...judgeColumn(name, report, schema),
        ...lineOf(['contract', 'columns', name, 'drift']),
      },
    ];
  });
  const most = contract.drift?.max_drifted_share;
  if (most === undefined) return rules;
  const drifted = report.columns.filter((column) => column.drifted).length;
  const share = drifted / Math.max(1, report.columns.length);
  const found = `${formatCount(drifted)} of ${formatCount(report.columns.length)} columns drifted (${percentText(Number(share.toFixed(3)))})`;
  return [
    ...rules,
    {
      ...{ rule: 'drift.max_drifted_share', required: `at most ${percentText(most)} of the columns`, found },
      ...{ severity: 'error', passed: share <= most },
      ...lineOf(['contract', 'drift', 'max_drifted_share']),
    },
  ];
}

/** A share without needless digits. */
function percentText(share: number): string {
  return `${Number((share * 100).toPrecision(12))} %`;
}

function requirement({ method, threshold }: DriftRule, { minEffect, alpha }: DriftReport): string {
  if (method === undefined) {
    return `a change below ${formatNumber(threshold ?? minEffect)}, or one that chance makes (p of at least ${formatNumber(alpha)})`;
  }
  const { gives, threshold: usual } = METHOD_FACTS[method];
  const limit = formatNumber(threshold ?? usual);
  return gives === 'distance' ? `${method} below ${limit}` : `${method} with a p-value above ${limit}`;
}

function judgeColumn(name: string, report: DriftReport, schema: Dataset['schema']): Pick<RuleResult, 'passed' | 'found'> {
  const ofColumn = report.columns.filter(({ from }) => columnKey(from) === columnKey(name));
  const worst = ofColumn.find(({ drifted }) => drifted) ?? ofColumn[0];
  // What cannot be tested breaks no rule, unless the rule asks for what cannot be.
  if (worst) return { passed: !worst.drifted && worst.unfit !== true, found: worst.detail };
  const change = report.schemaChanges.find(({ column }) => columnKey(column) === columnKey(name));
  if (change) return { passed: false, found: change.detail };
  const there = schema.some((column) => columnKey(column.name) === columnKey(name));
  const found = there ? 'nothing of it is held against a reference: it is a key, a group or a date' : 'no such column';
  return { passed: false, found };
}
