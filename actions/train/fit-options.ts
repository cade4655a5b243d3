import { DEFAULT_ALPHA, objectiveNamed } from '../../shared/spec/objectives.js';
import type { Spec } from '../../shared/spec/schema.js';
import type { FitRequest } from '../../shared/training/fit.js';

/** What `train` says beyond the algorithm and its params, as a training takes it. */
export function fitOptions({ train }: Spec): Pick<FitRequest, 'objective' | 'classWeight'> {
  const objective = train.objective === undefined ? undefined : objectiveNamed(train.objective);
  return {
    ...(objective === 'poisson' && { objective: { name: objective } }),
    ...(objective === 'quantile' && { objective: { name: objective, alpha: Number(train.params.alpha ?? DEFAULT_ALPHA) } }),
    ...(train.class_weight !== undefined && { classWeight: train.class_weight }),
  };
}
