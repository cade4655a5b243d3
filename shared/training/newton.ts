import { type Design, gram, multiply, multiplyTransposed, squaresOf } from './design.js';
import type { Family } from './families.js';

/** The end of a minimisation. */
export interface Minimum {
  /** Parameters: those of output k stand from k · width on. */
  readonly beta: Float64Array;
  readonly steps: number;
  readonly converged: boolean;
}

/** Up to so many parameters and outputs the Hessian is factorised; beyond, its system is solved by conjugate gradients. */
const DIRECT_PARAMETERS = 600;
const DIRECT_OUTPUTS = 8;
/** A step that promises less than this share of the loss is the last. */
const TOLERANCE = 1e-9;

/**
 * Minimises Σ loss + l2/2 · ‖beta‖² by Newton's method with a backtracking line search; intercepts are not penalised.
 * With several outputs the last one's intercept stays where it starts, since probabilities do not change when
 * all intercepts move together. Source: Nocedal and Wright, Numerical Optimization, chapters 3 and 7.
 * @param start the parameters to start from; not changed
 * @param solver how each step's system is solved; default: what is faster at this size
 */
export function minimise(
  design: Design,
  family: Family,
  l2: number,
  start: Float64Array,
  maxSteps: number,
  solver?: 'direct' | 'iterative',
): Minimum {
  const { width } = design;
  const { outputs } = family;
  const size = width * outputs;
  const vectors = (): Float64Array[] => Array.from({ length: outputs }, () => new Float64Array(design.rows));
  const beta = start.slice();
  const predictors = vectors();
  const tried = vectors();
  const change = vectors();
  const residuals = vectors();
  const gradient = new Float64Array(size);
  const penalty = (index: number): number => (index % width === 0 ? 0 : l2);
  const frozen = outputs > 1 ? (outputs - 1) * width : -1;
  const small = size <= DIRECT_PARAMETERS && outputs <= DIRECT_OUTPUTS;
  const direct = (solver ?? (small ? 'direct' : 'iterative')) === 'direct';
  const system: System = { design, family, penalty, frozen, size };

  const predict = (of: Float64Array, out: readonly Float64Array[]): void => {
    for (const [output, values] of out.entries()) multiply(design, of.subarray(output * width, (output + 1) * width), values);
  };
  const penalised = (of: Float64Array): number => {
    let sum = 0;
    for (let index = 0; index < size; index++) sum += penalty(index) * of[index]! * of[index]!;
    return sum / 2;
  };
  predict(beta, predictors);
  let loss = family.loss(predictors) + penalised(beta);
  let firstSlope = 0;
  for (let step = 1; step <= maxSteps; step++) {
    family.residuals(predictors, residuals);
    for (let output = 0; output < outputs; output++) {
      multiplyTransposed(design, residuals[output]!, gradient.subarray(output * width, (output + 1) * width));
    }
    for (let index = 0; index < size; index++) gradient[index]! += penalty(index) * beta[index]!;
    if (frozen >= 0) gradient[frozen] = 0;
    const slope = Math.sqrt(dot(gradient, gradient));
    if (step === 1) firstSlope = slope;
    const direction = direct
      ? solveDirectly(system, gradient)
      : solveIteratively(system, gradient, precisionOf(slope / firstSlope));
    const promise = -dot(gradient, direction);
    const last = promise / 2 <= TOLERANCE * Math.max(loss, 1e-12 * design.rows);
    predict(direction, change);
    const candidate = new Float64Array(size);
    let length = 1;
    let lower = Number.POSITIVE_INFINITY;
    for (; length > 1e-10; length /= 2) {
      for (let index = 0; index < size; index++) candidate[index] = beta[index]! + length * direction[index]!;
      for (const [output, values] of tried.entries()) {
        for (let row = 0; row < design.rows; row++) {
          values[row] = predictors[output]![row]! + length * change[output]![row]!;
        }
      }
      lower = family.loss(tried) + penalised(candidate);
      if (lower <= loss - 1e-4 * length * promise) break;
    }
    // At the bottom rounding hides any progress.
    if (!(lower < loss)) return { beta, steps: step, converged: last || promise / 2 <= 1e-6 * Math.max(loss, 1e-12) };
    beta.set(candidate);
    for (const [output, values] of tried.entries()) predictors[output]!.set(values);
    loss = lower;
    if (last) return { beta, steps: step, converged: true };
  }
  return { beta, steps: maxSteps, converged: false };
}

interface System {
  readonly design: Design;
  readonly family: Family;
  penalty(index: number): number;
  /** The parameter that does not move; −1: none. */
  readonly frozen: number;
  readonly size: number;
}

/** The Newton step −H⁻¹ g by Cholesky's factorisation. */
function solveDirectly({ design, family, penalty, frozen, size }: System, gradient: Float64Array): Float64Array {
  const { width } = design;
  const hessian = new Float64Array(size * size);
  const block = new Float64Array(width * width);
  const weights = new Float64Array(design.rows);
  for (let a = 0; a < family.outputs; a++) {
    for (let b = 0; b <= a; b++) {
      family.curvature(a, b, weights);
      gram(design, weights, block);
      for (let row = 0; row < width; row++) {
        hessian.set(block.subarray(row * width, (row + 1) * width), (a * width + row) * size + b * width);
      }
    }
  }
  let trace = 0;
  for (let index = 0; index < size; index++) {
    hessian[index * size + index]! += penalty(index);
    trace += hessian[index * size + index]!;
  }
  if (frozen >= 0) {
    for (let index = 0; index < size; index++) {
      hessian[frozen * size + index] = 0;
      hessian[index * size + frozen] = 0;
    }
    hessian[frozen * size + frozen] = 1;
  }
  // Columns that say the same, or classes that are told apart perfectly, leave H singular when l2 is 0.
  let damping = 0;
  for (let attempt = 0; attempt < 20; attempt++) {
    const factor = hessian.slice();
    for (let index = 0; index < size; index++) factor[index * size + index]! += damping;
    if (factorise(factor, size, 1e-13 * (trace / size))) return substitute(factor, size, gradient);
    damping = Math.max(damping * 100, 1e-12 * (trace / size) + 1e-14);
  }
  throw new Error('the second derivatives of the linear model are not finite');
}

/** Turns the lower triangle into Cholesky's factor; false when the matrix is not positive definite. */
function factorise(matrix: Float64Array, size: number, smallest: number): boolean {
  for (let column = 0; column < size; column++) {
    for (let row = column; row < size; row++) {
      let sum = matrix[row * size + column]!;
      for (let inner = 0; inner < column; inner++) sum -= matrix[row * size + inner]! * matrix[column * size + inner]!;
      if (row > column) matrix[row * size + column] = sum / matrix[column * size + column]!;
      else if (sum > smallest) matrix[row * size + column] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

function substitute(factor: Float64Array, size: number, gradient: Float64Array): Float64Array {
  const solution = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    let sum = -gradient[row]!;
    for (let inner = 0; inner < row; inner++) sum -= factor[row * size + inner]! * solution[inner]!;
    solution[row] = sum / factor[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    let sum = solution[row]!;
    for (let inner = row + 1; inner < size; inner++) sum -= factor[inner * size + row]! * solution[inner]!;
    solution[row] = sum / factor[row * size + row]!;
  }
  return solution;
}

/**
 * How precise a step has to be, as a share of its residual: roughly where there is far to go, ever more so towards the end. That keeps
 * Newton's convergence and saves most of the work (Eisenstat and Walker 1996; Nocedal and Wright, chapter 7.1).
 */
function precisionOf(slopeLeft: number): number {
  return Math.min(0.1, Math.sqrt(slopeLeft)) || 0.1;
}

/** The Newton step by conjugate gradients, preconditioned with the Hessian's diagonal, until the residual is that small a share. */
function solveIteratively(
  { design, family, penalty, frozen, size }: System,
  gradient: Float64Array,
  precision: number,
): Float64Array {
  const { width } = design;
  const vectors = (): Float64Array[] => Array.from({ length: family.outputs }, () => new Float64Array(design.rows));
  const change = vectors();
  const bent = vectors();
  const diagonal = new Float64Array(size);
  for (let output = 0; output < family.outputs; output++) {
    family.curvature(output, output, bent[0]!);
    squaresOf(design, bent[0]!, diagonal.subarray(output * width, (output + 1) * width));
  }
  let trace = 0;
  for (let index = 0; index < size; index++) {
    diagonal[index]! += penalty(index);
    trace += diagonal[index]!;
  }
  const damping = 1e-12 * (trace / size) + 1e-14;
  const product = new Float64Array(size);
  const times = (vector: Float64Array): void => {
    for (const [output, values] of change.entries()) {
      multiply(design, vector.subarray(output * width, (output + 1) * width), values);
    }
    family.bend(change, bent);
    for (const [output, values] of bent.entries()) {
      multiplyTransposed(design, values, product.subarray(output * width, (output + 1) * width));
    }
    for (let index = 0; index < size; index++) product[index]! += (penalty(index) + damping) * vector[index]!;
    if (frozen >= 0) product[frozen] = 0;
  };
  const solution = new Float64Array(size);
  const rest = gradient.map((value) => -value);
  const scaled = new Float64Array(size);
  const rescale = (): number => {
    for (let index = 0; index < size; index++) scaled[index] = rest[index]! / (diagonal[index]! + damping);
    return dot(rest, scaled);
  };
  let norm = rescale();
  const goal = norm * Math.max(1e-16, precision ** 2);
  const direction = scaled.slice();
  for (let iteration = 0; iteration < 500 && norm > goal; iteration++) {
    times(direction);
    const bend = dot(direction, product);
    if (!(bend > 0)) break;
    const length = norm / bend;
    for (let index = 0; index < size; index++) {
      solution[index]! += length * direction[index]!;
      rest[index]! -= length * product[index]!;
    }
    const before = norm;
    norm = rescale();
    for (let index = 0; index < size; index++) direction[index] = scaled[index]! + (norm / before) * direction[index]!;
  }
  return solution;
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += left[index]! * right[index]!;
  return sum;
}
