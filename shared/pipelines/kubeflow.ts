import { stringify } from 'yaml';
import { type Location, UserError } from '../core/errors.js';
import type { Spec } from '../spec/schema.js';
import { type ArtifactKind, type PipelineStep, STEPS } from './steps.js';

export interface KubeflowRequest {
  readonly spec: Spec;
  /** The spec as it stands in its file: it goes along as a parameter of the run. */
  readonly text: string;
  readonly locate: (path: readonly (string | number)[]) => Location;
  /** With Node and our bundles in `dist/` of its working directory. */
  readonly image: string;
  /** Where the data is, unless a run says otherwise, such as `s3://bucket/flights.parquet`. */
  readonly data: string | undefined;
  /** `mlops-actions 1.0.0`. */
  readonly tool: string;
}

/** An argument of a program takes 128 KiB at most on Linux, and the spec travels in one, escaped. */
const LARGEST_SPEC_BYTES = 32 * 1024;

const SCHEMA_TITLES: Readonly<Record<ArtifactKind, string>> = {
  dataset: 'system.Dataset',
  model: 'system.Model',
  metrics: 'system.Metrics',
  document: 'system.Artifact',
  markdown: 'system.Markdown',
};

/** The bundle that runs an action within a step; see step.ts. */
const PROGRAM = ['node', 'dist/pipeline-step.js'];
const DATA_URI = 'data_uri';
const CHAMPION_URI = 'champion_uri';
const CONDITION = 'if-champion';

/**
 * A spec as a pipeline of Kubeflow (PipelineSpec 2.1.0, as its SDK compiles one): import the data, validate, train, evaluate,
 * and compare with a champion where a run names one. Every value of the spec stays data: no step has a shell.
 * @throws UserError when a step could not do what the spec says
 */
export function compileKubeflow(request: KubeflowRequest): string {
  checkSpec(request);
  const { spec, text, data, tool } = request;
  const always = STEPS.filter(({ onlyWith }) => onlyWith === undefined);
  const conditional = STEPS.filter(({ onlyWith }) => onlyWith !== undefined);
  const outer = Object.fromEntries(always.map((step) => [step.action, taskOf(step, always)]));
  const pipeline = {
    components: {
      ...Object.fromEntries(STEPS.map((step) => [`comp-${step.action}`, componentOf(step)])),
      'comp-data': importerComponent('dataset', 'exec-data'),
      'comp-champion': importerComponent('model', 'exec-champion'),
      [`comp-${CONDITION}`]: conditionComponent(conditional),
    },
    deploymentSpec: {
      executors: {
        ...Object.fromEntries(STEPS.map((step) => [`exec-${step.action}`, executorOf(step, request.image)])),
        'exec-data': importerExecutor('dataset'),
        'exec-champion': importerExecutor('model'),
      },
    },
    pipelineInfo: { name: spec.name, ...(spec.purpose !== undefined && { description: spec.purpose }) },
    root: {
      dag: {
        tasks: {
          data: importerTask('data', DATA_URI),
          ...outer,
          [CONDITION]: conditionTask(conditional),
        },
      },
      inputDefinitions: {
        parameters: {
          [DATA_URI]: {
            parameterType: 'STRING',
            description: 'Where the data is: one file, or a folder of files, as the spec names them.',
            ...(data !== undefined && { defaultValue: data, isOptional: true }),
          },
          [CHAMPION_URI]: {
            parameterType: 'STRING',
            description: 'The bundle that the new model is compared with; empty: none.',
            ...{ defaultValue: '', isOptional: true },
          },
          spec: {
            parameterType: 'STRING',
            description: 'mlops.yaml, which says everything else.',
            ...{ defaultValue: text, isOptional: true },
          },
        },
      },
    },
    schemaVersion: '2.1.0',
    sdkVersion: tool.replace(/\s+/g, '-'),
  };
  // Kubeflow reads YAML 1.1, in which an unquoted "no" is a boolean.
  const yaml = stringify(pipeline, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false, sortMapEntries: false });
  return `# ${spec.name}: compiled by ${tool}; a change of the spec wants it compiled again.\n${yaml}`;
}

function checkSpec({ spec, text, locate }: KubeflowRequest): void {
  const file = (path: readonly (string | number)[], what: string): UserError =>
    new UserError({
      message: `${what}, and the steps of a pipeline have the spec and the data alone`,
      location: locate(path),
    });
  if (spec.train.command !== undefined) throw file(['train', 'command'], 'train.command runs code of this repository');
  const [measured] = Object.entries(spec.evaluate.custom ?? {}).find(([, { command }]) => command !== undefined) ?? [];
  if (measured !== undefined)
    throw file(['evaluate', 'custom', measured, 'command'], `evaluate.custom.${measured}.command runs code of this repository`);
  if (typeof spec.contract === 'string') throw file(['contract'], `contract is in the file ${spec.contract}`);
  const [reference] = typeof spec.contract === 'object' ? (spec.contract.references ?? []) : [];
  if (reference) throw file(['contract', 'references'], `contract.references reads the file ${reference.file}`);
  const bytes = Buffer.byteLength(JSON.stringify(text));
  if (bytes > LARGEST_SPEC_BYTES)
    throw new UserError({
      message: `the spec has ${bytes} bytes; as a parameter of a pipeline it can have ${LARGEST_SPEC_BYTES}: shorten it`,
      location: locate([]),
    });
  if (text.includes('{{$'))
    throw new UserError({
      message: 'the spec has "{{$" in it, which Kubeflow would replace: write it otherwise',
      location: locate([]),
    });
}

const artifactType = (kind: ArtifactKind) => ({
  artifactType: { schemaTitle: SCHEMA_TITLES[kind], schemaVersion: '0.0.1' },
});

function componentOf(step: PipelineStep) {
  return {
    executorLabel: `exec-${step.action}`,
    inputDefinitions: {
      artifacts: Object.fromEntries(Object.entries(step.takes).map(([name, { kind }]) => [name, artifactType(kind)])),
      parameters: { spec: { parameterType: 'STRING' } },
    },
    outputDefinitions: {
      artifacts: Object.fromEntries(step.leaves.map(({ name, kind }) => [name, artifactType(kind)])),
    },
  };
}

/** One program with a list of arguments: there is no shell that could read more into them. */
function executorOf(step: PipelineStep, image: string) {
  return {
    container: {
      image,
      command: PROGRAM,
      args: [
        ...[step.action, '--executor-input', '{{$}}'],
        ...Object.keys(step.takes).flatMap((name) => ['--input', `${name}={{$.inputs.artifacts['${name}'].path}}`]),
        ...step.leaves.flatMap(({ name }) => ['--output', `${name}={{$.outputs.artifacts['${name}'].path}}`]),
      ],
      env: Object.entries(step.inputs).map(([name, value]) => ({ name: `INPUT_${name.toUpperCase()}`, value })),
    },
  };
}

/** @param siblings the steps of the same graph; what comes from elsewhere is handed in from outside */
function taskOf(step: PipelineStep, siblings: readonly PipelineStep[], inside = false) {
  const isNear = (from: string): boolean =>
    siblings.some(({ action }) => action === from) || from === (inside ? 'champion' : 'data');
  const needed = Object.values(step.takes).flatMap(({ from }) => (isNear(from) ? [from] : []));
  // A model of data that breaks its contract is not worth its training.
  const before = step.action === 'train' ? [...needed, 'validate'] : needed;
  return {
    componentRef: { name: `comp-${step.action}` },
    dependentTasks: [...new Set(before)],
    inputs: {
      artifacts: Object.fromEntries(
        Object.entries(step.takes).map(([name, { from, output }]) => [
          name,
          isNear(from)
            ? { taskOutputArtifact: { producerTask: from, outputArtifactKey: output } }
            : { componentInputArtifact: handed(`${from}-${output}`) },
        ]),
      ),
      parameters: { spec: { componentInputParameter: inside ? handed('spec') : 'spec' } },
    },
    taskInfo: { name: step.action },
  };
}

/** The name under which something reaches the tasks behind a condition, as the SDK makes it. */
const handed = (name: string): string => `pipelinechannel--${name}`;

/** What the steps behind the condition take from outside of it. */
function handedIn(steps: readonly PipelineStep[]) {
  return steps.flatMap(({ takes }) => Object.values(takes)).filter(({ from }) => from !== 'champion');
}

function conditionComponent(steps: readonly PipelineStep[]) {
  return {
    dag: {
      tasks: {
        champion: importerTask('champion', handed(CHAMPION_URI)),
        ...Object.fromEntries(steps.map((step) => [step.action, taskOf(step, steps, true)])),
      },
    },
    inputDefinitions: {
      artifacts: Object.fromEntries(
        handedIn(steps).map(({ kind, from, output }) => [handed(`${from}-${output}`), artifactType(kind)]),
      ),
      parameters: {
        [handed(CHAMPION_URI)]: { parameterType: 'STRING' },
        [handed('spec')]: { parameterType: 'STRING' },
      },
    },
  };
}

function conditionTask(steps: readonly PipelineStep[]) {
  const taken = handedIn(steps);
  return {
    componentRef: { name: `comp-${CONDITION}` },
    dependentTasks: [...new Set(taken.map(({ from }) => from))],
    inputs: {
      artifacts: Object.fromEntries(
        taken.map(({ from, output }) => [
          handed(`${from}-${output}`),
          { taskOutputArtifact: { producerTask: from, outputArtifactKey: output } },
        ]),
      ),
      parameters: {
        [handed(CHAMPION_URI)]: { componentInputParameter: CHAMPION_URI },
        [handed('spec')]: { componentInputParameter: 'spec' },
      },
    },
    taskInfo: { name: CONDITION },
    triggerPolicy: { condition: `inputs.parameter_values['${handed(CHAMPION_URI)}'] != ''` },
  };
}

function importerComponent(kind: ArtifactKind, executorLabel: string) {
  return {
    executorLabel,
    inputDefinitions: { parameters: { uri: { parameterType: 'STRING' } } },
    outputDefinitions: { artifacts: { artifact: artifactType(kind) } },
  };
}

function importerExecutor(kind: ArtifactKind) {
  const { artifactType: typeSchema } = artifactType(kind);
  // The same address may hold other data tomorrow.
  return { importer: { artifactUri: { runtimeParameter: 'uri' }, reimport: true, typeSchema } };
}

function importerTask(name: string, parameter: string) {
  return {
    componentRef: { name: `comp-${name}` },
    inputs: { parameters: { uri: { componentInputParameter: parameter } } },
    taskInfo: { name },
  };
}
