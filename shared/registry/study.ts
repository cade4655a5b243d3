import { UserError } from '../core/errors.js';
import { sha256OfFile } from '../core/file-digest.js';
import type { Json } from '../core/json.js';
import { resolveSources } from '../data/sources.js';
import { primaryMetric } from '../spec/chosen-metrics.js';
import type { LoadedSpec } from '../spec/load.js';
import { type Better, isMetric, METRICS, type MetricName } from '../spec/metrics.js';
import { type Algorithm, canonicalParam, PARAMS } from '../spec/params.js';
import type { Spec } from '../spec/schema.js';
import { RESERVED } from '../tuning/artifacts.js';
import { samplerName } from '../tuning/propose.js';
import { type StudyPlan, trialsOfStudy } from '../tuning/round.js';
import { isActive, type ParamSet, type ParamValue, readSpace, type SearchSpace, spaceJson } from '../tuning/space.js';
import { STUDY_NAME, studyId } from '../tuning/study.js';

/** A study as the spec, the data and the input `study` describe it. */
export interface Study {
  readonly model: string;
  readonly name: string;
  /** The name with the digest of everything that makes the values of its trials comparable. */
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly metric: MetricName;
  readonly better: Better;
  readonly plan: StudyPlan;
  /** Jobs a round. */
  readonly jobs: number;
}

const DEFAULTS = { sampler: 'tpe', rounds: 2, jobs: 4 } as const;

/** Where a study's data is looked for. */
export interface StudyPlace {
  /** The model's folder. */
  readonly directory: string;
  /** The checkout, which paths of a spec do not leave. */
  readonly workspace: string;
  /** Paths that replace those of the spec. */
  readonly data: readonly string[];
}

/**
 * @param data paths that take the place of `data.path`
 * @throws UserError when the spec has no search, or an impossible one
 */
export async function describeStudy(loaded: LoadedSpec, name: string, place: StudyPlace): Promise<Study> {
  const { spec } = loaded;
  const { tune } = spec;
  if (!tune)
    throw new UserError({
      message:
        'there is nothing to tune: add a section such as tune: { trials: 40, space: { num_leaves: { low: 7, high: 255, log: true } } }',
      location: { file: loaded.file },
    });
  if (spec.train.command !== undefined)
    throw new UserError({
      message:
        'tune: trials of a train.command are not built yet; tune a built-in trainer (train.algorithm), or let the command search',
      location: loaded.locate(['train', 'command']),
    });
  if (!STUDY_NAME.test(name) || RESERVED.test(name))
    throw new UserError(
      `Input "study" is ${JSON.stringify(name)}; accepted: up to 40 lower-case letters, digits and hyphens, such as default.`,
    );
  const algorithm = spec.train.algorithm ?? 'gbdt';
  const metric = tune.metric !== undefined && isMetric(tune.metric) ? tune.metric : primaryMetric(spec);
  const sampler = samplerName(tune.sampler ?? DEFAULTS.sampler);
  const space = readSpace(tune.space, (param) => paramInfo(algorithm, param)?.type === 'integer');
  const first = presentParams(space, spec, algorithm);
  const { better } = METRICS[metric];
  const content = await studyContent(spec, { algorithm, metric, space }, loaded, place);
  return {
    model: spec.name,
    name,
    id: studyId(name, content),
    algorithm,
    metric,
    better,
    jobs: tune.jobs ?? DEFAULTS.jobs,
    plan: {
      space,
      sampler,
      better,
      seed: spec.seed,
      trials: trialsOfStudy(tune.trials, sampler, space, spec.seed),
      rounds: tune.rounds ?? DEFAULTS.rounds,
      ...(tune.budget_minutes !== undefined && { budgetSeconds: tune.budget_minutes * 60 }),
      ...(first && { first }),
    },
  };
}

function paramInfo(algorithm: Algorithm, name: string) {
  const canonical = canonicalParam(algorithm, name);
  return canonical === undefined ? undefined : PARAMS[algorithm][canonical];
}

/** The point of the space that the spec trains without a search; undefined where a parameter has no value yet. */
function presentParams(space: SearchSpace, spec: Spec, algorithm: Algorithm): ParamSet | undefined {
  const params: Record<string, ParamValue> = {};
  for (const dimension of space) {
    if (!isActive(dimension, params)) continue;
    const value = spec.train.params[dimension.name] ?? paramInfo(algorithm, dimension.name)?.default;
    if (value === undefined) return undefined;
    params[dimension.name] = value;
  }
  return params;
}

async function studyContent(
  { name, task, target, data, split, features, train, seed }: Spec,
  search: { algorithm: Algorithm; metric: MetricName; space: SearchSpace },
  loaded: LoadedSpec,
  place: StudyPlace,
): Promise<Json> {
  const trusted = place.data.length > 0;
  const paths = trusted ? place.data : [data.path].flat();
  const files = resolveSources(paths, place.directory, loaded.locate(['data', 'path']), trusted ? undefined : place.workspace);
  const digests: string[] = [];
  for (const { path } of files) digests.push((await sha256OfFile(path)).slice('sha256:'.length));
  const { path: _path, ...rows } = data;
  const content = {
    ...{ name, task, target, split, features, seed },
    ...{ data: rows, files: digests.sort(), params: train.params },
    ...{ algorithm: search.algorithm, metric: search.metric, space: spaceJson(search.space) },
  };
  return JSON.parse(JSON.stringify(content)) as Json;
}
