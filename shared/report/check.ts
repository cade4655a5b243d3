import type { Validation } from '../data/validation.js';
import type { Comparison } from '../evaluation/comparison.js';
import type { CommentContext } from './comment.js';
import { plainHeadline, renderComparisonText } from './comparison.js';
import { plainLine } from './escape.js';
import { gateMessage, gatesByUrgency } from './gates.js';
import { failingRules, renderValidationText, ruleMessage, validationHeadline } from './validation.js';

/** GitHub's limits: a summary has 65,535 characters; 50 annotations come with one request. */
const SUMMARY_CHARACTERS = 65_535;
const MOST_ANNOTATIONS = 50;

export interface CheckReport {
  /** One plain line. */
  readonly title: string;
  readonly conclusion: 'success' | 'failure' | 'neutral';
  /** Markdown, at most 65,535 characters. */
  readonly summary: string;
  readonly annotations: readonly CheckAnnotation[];
}

export interface CheckAnnotation {
  readonly path: string;
  readonly line: number;
  readonly level: 'failure' | 'warning' | 'notice';
  readonly message: string;
}

/**
 * A check run's texts. It fails exactly when the step fails; it is neutral where nothing was shown either way
 * (not comparable, an inconclusive gate that blocks nothing, worse without a gate that forbids it).
 * @param context `spec` is the spec's path in the repository, for annotations; default the result's own, else `mlops.yaml`
 */
export function renderCheck(
  result: Comparison | Validation,
  context: Partial<CommentContext> & { readonly spec?: string } = {},
): CheckReport {
  const path = plainLine(context.spec ?? result.spec ?? 'mlops.yaml', 500);
  const full: CommentContext = { workflow: '', ...context, limit: SUMMARY_CHARACTERS };
  return result.kind === 'comparison'
    ? comparisonCheck(result, full, path)
    : validationCheck(result, full, rulesPath(result, path));
}

/** The file that the rules stand in. */
function rulesPath({ contract }: Validation, specPath: string): string {
  return contract === undefined ? specPath : plainLine(contract, 500);
}

function comparisonCheck(result: Comparison, context: CommentContext, path: string): CheckReport {
  const annotations = gatesByUrgency(result.gates)
    .filter((gate) => gate.line !== undefined && (gate.outcome === 'fail' || gate.outcome === 'inconclusive'))
    .slice(0, MOST_ANNOTATIONS)
    .map((gate): CheckAnnotation => {
      const level = gate.outcome === 'fail' ? 'failure' : result.blocked ? 'warning' : 'notice';
      return { path, line: gate.line ?? 1, level, message: plainLine(gateMessage(gate, result.rows.used), 1000) };
    });
  return {
    title: plainLine(`${result.model}: ${plainHeadline(result)}`, 200),
    conclusion: conclusionOf(result),
    summary: renderComparisonText(result, context),
    annotations,
  };
}

function conclusionOf(result: Comparison): CheckReport['conclusion'] {
  if (result.blocked) return 'failure';
  if (result.gatesOutcome === 'inconclusive' || result.verdict === 'not comparable') return 'neutral';
  return result.verdict === 'worse' ? 'neutral' : 'success';
}

function validationCheck(result: Validation, context: CommentContext, path: string): CheckReport {
  const failing = failingRules(result);
  const annotations = failing
    .filter((rule) => rule.line !== undefined)
    .slice(0, MOST_ANNOTATIONS)
    .map((rule): CheckAnnotation => {
      const level = rule.severity === 'error' ? 'failure' : 'warning';
      return { path, line: rule.line ?? 1, level, message: plainLine(ruleMessage(rule, result.rows), 1000) };
    });
  return {
    title: plainLine(`${result.model}: ${validationHeadline(result)}`, 200),
    conclusion: result.passed ? 'success' : 'failure',
    summary: renderValidationText(result, context),
    annotations,
  };
}
