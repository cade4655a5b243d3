import { join, relative, resolve } from 'node:path';
import { candidateArtifact } from '../../shared/bundle/files.js';
import type { Manifest } from '../../shared/bundle/manifest.js';
import { writeBundle } from '../../shared/bundle/write.js';
import { messageOf, UserError } from '../../shared/core/errors.js';
import { formatCount } from '../../shared/core/format.js';
import { toolVersion } from '../../shared/core/version.js';
import { type Dataset, openDataset } from '../../shared/data/dataset.js';
import { featureColumns } from '../../shared/data/default-features.js';
import { writePredictions } from '../../shared/data/parquet.js';
import { selectLabels, selectTable } from '../../shared/data/select.js';
import { fitSplit, rowsOfPart } from '../../shared/data/split.js';
import type { SplitRule } from '../../shared/data/split-rule.js';
import { computeMetrics } from '../../shared/evaluation/metrics.js';
import { openModel } from '../../shared/onnx/session.js';
import { resolveChampion } from '../../shared/registry/resolve.js';
import { modelBom } from '../../shared/report/bom.js';
import { renderModelCard } from '../../shared/report/model-card.js';
import { renderTraining } from '../../shared/report/training.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { type LoadedSpec, loadSpec } from '../../shared/spec/load.js';
import { metricsOf } from '../../shared/spec/metrics.js';
import type { Spec } from '../../shared/spec/schema.js';
import { fitModel } from '../../shared/training/fit.js';

export interface TrainInputs {
  readonly champion: string;
  readonly data: readonly string[];
  readonly 'github-token': string | undefined;
  readonly output: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  readonly spec: string;
  readonly 'working-directory': string;
}
