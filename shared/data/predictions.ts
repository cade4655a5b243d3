/**
 * What a model says of each row. Classification: `scores[row * classes.length + class]` are probabilities
 * (binary has two columns as well: the classes in the manifest's order, the positive class last).
 * Regression: `scores[row]` is the value.
 */
export type Predictions =
  | {
      readonly task: 'binary' | 'multiclass';
      readonly classes: readonly string[];
      readonly rows: number;
      readonly scores: Float64Array;
    }
  | { readonly task: 'regression'; readonly rows: number; readonly scores: Float64Array };
