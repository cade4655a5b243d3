import type { Labels, Table } from '../data/table.js';
import type { FeaturePlan, Matrix } from './plan.js';
import { runsOf } from './runs.js';
import { outOfFold } from './transforms/target-encoding.js';

/**
 * Every feature of every row, as the plan defines it: the values that the graph's feature nodes compute, bit for bit.
 * @throws UserError when a column's type does not fit the feature that was fitted on it
 */
export function buildMatrix(plan: FeaturePlan, table: Table): Matrix {
  const columns = runsOf(plan.features).flatMap((run) => {
    const values = run.values(table);
    return run.features.map(({ name }, index) => {
      const levels = run.levels(index);
      return { name, values: values[index]!, ...(levels !== undefined && { levels }) };
    });
  });
  return { rows: table.rows, columns };
}

/**
 * The matrix that a model is trained on: that of the plan, but for features that hold the target, which are made of the
 * targets of other rows (out of fold).
 * @param table the rows that the plan was fitted on
 * @param seed of the folds
 */
export function buildTrainingMatrix(
  plan: FeaturePlan,
  { table, labels, weights }: { readonly table: Table; readonly labels: Labels; readonly weights?: Float64Array },
  seed: number,
): Matrix {
  const { rows, columns } = buildMatrix(plan, table);
  return {
    rows,
    columns: columns.map((column, index) => {
      const feature = plan.features[index]!;
      if (feature.kind !== 'target_encoding') return column;
      return { ...column, values: outOfFold(feature, table, labels, weights, seed) };
    }),
  };
}
