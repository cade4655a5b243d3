import { UserError } from '../core/errors.js';
import { formatNumber } from '../core/format.js';
import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import type { Matrix } from '../features/plan.js';
import { type Design, type Encoding, encode, fitEncoding, multiply } from './design.js';
import { type Family, logistic, sigmoid, softmax, softmaxLoss, squaredError } from './families.js';
import { addLinear } from './linear-graph.js';
import { type Minimum, minimise } from './newton.js';
import type { Trainer, TrainingInput } from './trainer.js';

/** A fitted linear model: predictor of output k = Σ beta[k · width + parameter] · value. */
export interface LinearModel {
  readonly labels: Omit<Labels, 'values'>;
  readonly encoding: Encoding;
  /** 1 for regression and two classes, else one a class. */
  readonly outputs: number;
  readonly beta: Float64Array;
}

/** From strong to weak, so that each fit starts near its end. The weaker, the longer a fit takes. */
const GRID = [4, 3, 2, 1, 0, -1, -2, -3].map((exponent) => 10 ** exponent);
/** The grid ends early where a weaker penalty is this much worse than the best, or a little worse for the second time. */
const CLEARLY_WORSE = 1.02;

const DEFAULTS = { max_iterations: 100, max_levels: 50 };

/**
 * Ridge regression, logistic regression, or multinomial logistic regression: Σ weight · loss + l2/2 · ‖beta‖², where
 * the loss is ½ (error)² or log loss, so that l2 is scikit-learn's `alpha` of Ridge and `1 / C` of LogisticRegression.
 * Numbers are standardised, a missing one is the mean plus an indicator; categories are one-hot with a parameter for
 * "missing". Without `l2` the penalty with the smallest validation loss of a grid (10⁻³ to 10⁴) is taken; the stronger
 * one of equals.
 */
export const linear: Trainer = {
  async train(input: TrainingInput) {
    const maxSteps = Number(input.params.max_iterations ?? DEFAULTS.max_iterations);
    const maxLevels = Number(input.params.max_levels ?? DEFAULTS.max_levels);
    const weights = input.trainWeights ?? new Float64Array(input.train.rows).fill(1);
    const encoding = fitEncoding(input.train, weights, maxLevels);
    const design = encode(encoding, input.train);
    const target = createTarget(input.trainLabels, weights);
    const validation = encode(encoding, input.validation);
    const given = input.params.l2;
    let start = target.start(encoding.width);
    let worse = 0;
    let best: { readonly l2: number; readonly minimum: Minimum; readonly loss: number } | undefined;
    for (const l2 of given === undefined ? GRID : [Number(given)]) {
      const minimum = minimise(design, target.family, l2, start, maxSteps);
      start = minimum.beta;
      const model = target.model(encoding, minimum.beta);
      const loss = validationLoss(model, validation, input.validationLabels, input.validationWeights);
      input.progress(
        `linear: l2 ${l2}, validation ${target.metric} ${formatNumber(loss)}, ${minimum.steps} steps` +
          (minimum.converged ? '' : ' (not converged: raise max_iterations or l2)'),
      );
      if (!best || loss < best.loss) best = { l2, minimum, loss };
      // Nothing to choose by, so the middle of the grid.
      if (input.validation.rows === 0 && l2 === 1) {
        best = { l2, minimum, loss };
        break;
      }
      worse = loss > best.loss ? worse + 1 : 0;
      if (worse === 2 || loss > best.loss * CLEARLY_WORSE) break;
    }
    const { l2, minimum } = best!;
    const model = target.model(encoding, minimum.beta);
    return {
      params: { l2, max_iterations: maxSteps, max_levels: maxLevels },
      iterations: minimum.steps,
      curve: [],
      curveMetric: target.metric,
      importance: importanceOf(model, design, weights, input.train.columns.length),
      predict: (matrix: Matrix) => predictionsOf(model, encode(encoding, matrix)),
      toGraph: (graph, features) => addLinear(model, graph, features),
    };
  },
};

interface Target {
  readonly family: Family;
  readonly metric: string;
  start(width: number): Float64Array;
  model(encoding: Encoding, beta: Float64Array): LinearModel;
}

function createTarget(labels: Labels, weights: Float64Array): Target {
  if (labels.task === 'regression') {
    // The values are standardised as well, so that the solver works near 1 whatever their unit.
    const { mean, scale } = spread(labels.values, weights);
    if (!Number.isFinite(scale)) {
      throw new UserError('the target has values too large to be squared (above about 1e150): scale them in target.sql');
    }
    return {
      family: squaredError(
        labels.values.map((value) => (value - mean) / scale),
        weights,
      ),
      metric: 'rmse',
      start: (width) => new Float64Array(width),
      model(encoding, beta) {
        const unscaled = beta.map((value) => value * scale);
        unscaled[0]! += mean;
        return { labels: { task: 'regression' }, encoding, outputs: 1, beta: unscaled };
      },
    };
  }
  const { task, classes, values } = labels;
  // Half a row more a class keeps the logarithm of an absent one finite.
  const counts = new Float64Array(classes.length).fill(0.5);
  for (let row = 0; row < values.length; row++) counts[values[row]!]! += weights[row]!;
  const outputs = classes.length === 2 ? 1 : classes.length;
  return {
    family: outputs === 1 ? logistic(values, weights) : softmaxLoss(values, weights, outputs),
    metric: 'log_loss',
    start(width) {
      const beta = new Float64Array(width * outputs);
      if (outputs === 1) beta[0] = Math.log(counts[1]! / counts[0]!);
      else for (let index = 0; index < outputs; index++) beta[index * width] = Math.log(counts[index]!);
      return beta;
    },
    model: (encoding, beta) => ({ labels: { task, classes } as LinearModel['labels'], encoding, outputs, beta }),
  };
}

function spread(values: Float64Array, weights: Float64Array): { mean: number; scale: number } {
  let weight = 0;
  let sum = 0;
  for (let row = 0; row < values.length; row++) {
    weight += weights[row]!;
    sum += weights[row]! * values[row]!;
  }
  const mean = sum / weight;
  let squares = 0;
  for (let row = 0; row < values.length; row++) squares += weights[row]! * (values[row]! - mean) ** 2;
  return { mean, scale: Math.sqrt(squares / weight) || 1 };
}

function predictorsOf(model: LinearModel, design: Design): Float64Array[] {
  const { width } = design;
  return Array.from({ length: model.outputs }, (_, output) => {
    const values = new Float64Array(design.rows);
    multiply(design, model.beta.subarray(output * width, (output + 1) * width), values);
    return values;
  });
}

function predictionsOf(model: LinearModel, design: Design): Predictions {
  const { rows } = design;
  const predictors = predictorsOf(model, design);
  if (!('classes' in model.labels)) return { task: 'regression', rows, scores: predictors[0]! };
  const { task, classes } = model.labels as Extract<Labels, { classes: readonly string[] }>;
  const scores = new Float64Array(rows * classes.length);
  for (let row = 0; row < rows; row++) {
    if (model.outputs === 1) {
      scores[row * 2] = sigmoid(-predictors[0]![row]!);
      scores[row * 2 + 1] = sigmoid(predictors[0]![row]!);
    } else {
      for (const [output, values] of predictors.entries()) scores[row * classes.length + output] = values[row]!;
      softmax(scores, row * classes.length, classes.length);
    }
  }
  return { task, classes, rows, scores };
}

/** Mean log loss, or root mean squared error, of held-out rows. */
function validationLoss(model: LinearModel, design: Design, labels: Labels, given: Float64Array | undefined): number {
  const weights = given ?? new Float64Array(design.rows).fill(1);
  const predictors = predictorsOf(model, design);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (labels.task === 'regression') return Math.sqrt((2 * squaredError(labels.values, weights).loss(predictors)) / total);
  const family = model.outputs === 1 ? logistic(labels.values, weights) : softmaxLoss(labels.values, weights, model.outputs);
  return family.loss(predictors) / total;
}

/**
 * A column's weight is the standard deviation of what it adds to the predictor over the training rows, summed over
 * the outputs: the same unit for numbers and categories.
 */
function importanceOf(model: LinearModel, design: Design, weights: Float64Array, columns: number): Float64Array {
  const { encoding, beta, outputs } = model;
  const importance = new Float64Array(columns);
  const added = new Float64Array(design.rows);
  for (let output = 0; output < outputs; output++) {
    const of = (at: number): number => beta[output * encoding.width + at]!;
    for (const { column, at, missingAt } of encoding.numeric) {
      added.fill(0);
      for (const dense of design.dense) {
        if (dense.at !== at && dense.at !== missingAt) continue;
        for (let row = 0; row < design.rows; row++) added[row]! += of(dense.at) * dense.values[row]!;
      }
      importance[column]! += deviation(added, weights);
    }
    for (const [position, { column }] of encoding.categories.entries()) {
      const codes = design.sparse[position]!;
      for (let row = 0; row < design.rows; row++) added[row] = of(codes[row]!);
      importance[column]! += deviation(added, weights);
    }
  }
  return importance;
}

function deviation(values: Float64Array, weights: Float64Array): number {
  let weight = 0;
  let sum = 0;
  let squares = 0;
  for (let row = 0; row < values.length; row++) {
    weight += weights[row]!;
    sum += weights[row]! * values[row]!;
    squares += weights[row]! * values[row]! ** 2;
  }
  return weight > 0 ? Math.sqrt(Math.max(0, squares / weight - (sum / weight) ** 2)) : 0;
}
