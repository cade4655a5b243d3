import type { Task } from '../spec/schema.js';
import type {
  Calibration,
  Confusion,
  Curve,
  GateOutcome,
  GateResult,
  MetricComparison,
  ModelSummary,
  PerClass,
  ProtectedColumn,
  SliceComparison,
  SliceSearch,
} from './comparison.js';

/** One model on its held-out rows: `evaluation.json`. Gates against the champion are skipped in it. */
export interface Evaluation {
  readonly format: 1;
  readonly kind: 'evaluation';
  readonly model: string;
  readonly task: Task;
  readonly primary: string;
  readonly metrics: readonly MetricComparison[];
  readonly baseline?: { readonly [metric: string]: number };
  readonly slices: readonly SliceComparison[];
  readonly slicesLeftOut: number;
  readonly minRows: number;
  readonly confidence: number;
  readonly gates: readonly GateResult[];
  readonly gatesOutcome: GateOutcome;
  readonly blocked: boolean;
  readonly rows: { readonly test: number; readonly used: number; readonly unlabelled: number };
  readonly candidate: ModelSummary;
  readonly search?: SliceSearch;
  readonly confusion?: Confusion;
  readonly calibration?: Calibration;
  readonly classes?: readonly PerClass[];
  readonly fairness?: readonly ProtectedColumn[];
  readonly curve?: Curve;
  readonly commit?: string;
  readonly createdAt: string;
  readonly tool: string;
}
