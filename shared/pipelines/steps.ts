/** What goes from step to step, by the names that pipeline systems have for it. */
export type ArtifactKind = 'dataset' | 'model' | 'metrics' | 'document' | 'markdown';

/** Something that a step leaves, and where its action writes it, relative to the step's folder. */
export interface StepOutput {
  readonly name: string;
  readonly kind: ArtifactKind;
  readonly path: string;
}

/** One step of a pipeline: an action with its inputs, and the artifacts that it takes and leaves. */
export interface PipelineStep {
  readonly action: string;
  /** Inputs of the action that are the same wherever it runs; every other one is an artifact. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Artifacts that become inputs of the action, by the input's name: a kind, and which step leaves it. */
  readonly takes: Readonly<Record<string, { readonly kind: ArtifactKind; readonly from: string; readonly output: string }>>;
  readonly leaves: readonly StepOutput[];
  /** Only when the run is given this artifact. */
  readonly onlyWith?: string;
}

/** The name of the spec's file in the folder of a step. */
export const SPEC_FILE = 'mlops.yaml';
/** Where a step's job summary goes. */
export const SUMMARY_FILE = 'summary.md';
const BUNDLE = '.mlops-actions/bundle';

const common = { spec: SPEC_FILE, 'working-directory': '.' } as const;
const summary: StepOutput = { name: 'summary', kind: 'markdown', path: SUMMARY_FILE };
const document = (name: string): StepOutput => ({ name, kind: 'document', path: `.mlops-actions/${name}.json` });
/** `data` stands for what the run is given, `champion` too. */
const data = { kind: 'dataset', from: 'data', output: 'artifact' } as const;
const candidate = { kind: 'model', from: 'train', output: 'bundle' } as const;

/** The life of a model up to its judgement. Who registers needs GitHub's token, and stays there. */
export const STEPS: readonly PipelineStep[] = [
  {
    action: 'validate',
    inputs: { ...common, 'github-token': '', reference: '', shard: '', merge: 'false', 'fail-on': 'error' },
    takes: { data },
    leaves: [document('validation'), summary],
  },
  {
    action: 'train',
    inputs: {
      ...common,
      ...{ 'github-token': '', params: '', trials: '', window: 'all', output: BUNDLE, champion: 'none' },
      // The system has a cache of its own for whole steps.
      cache: 'false',
    },
    takes: { data },
    leaves: [{ name: 'bundle', kind: 'model', path: BUNDLE }, summary],
  },
  {
    action: 'evaluate',
    inputs: { ...common, 'github-token': '', predictions: '', 'fail-on': 'gates', cache: 'false' },
    takes: { data, model: candidate },
    leaves: [{ name: 'metrics', kind: 'metrics', path: '.mlops-actions/metrics.json' }, document('evaluation'), summary],
  },
  {
    action: 'compare',
    inputs: { ...common, 'github-token': '', newest: 'false', 'fail-on': 'gates' },
    takes: { data, candidate, champion: { kind: 'model', from: 'champion', output: 'artifact' } },
    leaves: [document('comparison'), summary],
    onlyWith: 'champion',
  },
];
