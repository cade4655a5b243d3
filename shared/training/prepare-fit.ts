import type { Dataset } from '../data/dataset.js';
import { featureColumns } from '../data/default-features.js';
import { rowsOfPart, selectLabels, selectWeights } from '../data/select.js';
import type { Split } from '../data/split.js';
import type { Labels } from '../data/table.js';
import type { LoadedSpec } from '../spec/load.js';
import type { FitRequest } from './fit.js';

/** What a training needs of the data. */
export interface PreparedFit {
  /** The raw columns that the features are made of. */
  readonly columns: readonly string[];
  /** Of all rows. */
  readonly labels: Labels;
  readonly request: Omit<FitRequest, 'progress'>;
}

/** Reads the rows that train and the rows that choose; never those that judge. */
export async function prepareFit(
  dataset: Dataset,
  split: Pick<Split, 'parts'>,
  { spec, locate }: Pick<LoadedSpec, 'spec' | 'locate'>,
): Promise<PreparedFit> {
  const use = await featureColumns(dataset, spec, locate);
  const derive = spec.features.derive;
  const columns = [...new Set([...use, ...(derive ?? []).flatMap((item) => item.from)])];
  const labels = await dataset.labels();
  const weights = await dataset.weights();
  const part = async (name: 'train' | 'validation') => {
    const rows = rowsOfPart(split.parts, name);
    const selected = selectWeights(weights, rows);
    return {
      table: await dataset.table(columns, rows),
      labels: selectLabels(labels, rows),
      ...(selected && { weights: selected }),
    };
  };
  return {
    columns,
    labels,
    request: {
      name: spec.name,
      task: spec.task,
      algorithm: spec.train.algorithm ?? 'gbdt',
      params: spec.train.params,
      seed: spec.seed,
      schema: dataset.schema,
      use,
      derive,
      train: await part('train'),
      validation: await part('validation'),
    },
  };
}
