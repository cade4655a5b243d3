import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileKubeflow, type KubeflowRequest } from '../../../shared/pipelines/kubeflow.js';
import { STEPS } from '../../../shared/pipelines/steps.js';
import { parseSpec } from '../../../shared/spec/load.js';
import { spec as specText } from '../../actions/project.js';
import { readActions } from '../../docs/action-files.js';

interface Task {
  readonly componentRef: { readonly name: string };
  readonly dependentTasks?: readonly string[];
  readonly inputs: {
    readonly artifacts?: Readonly<
      Record<
        string,
        { taskOutputArtifact?: { producerTask: string; outputArtifactKey: string }; componentInputArtifact?: string }
      >
    >;
    readonly parameters?: Readonly<Record<string, { componentInputParameter: string }>>;
  };
}
interface Definitions {
  readonly artifacts?: Readonly<Record<string, object>>;
  readonly parameters?: Readonly<Record<string, { defaultValue?: string }>>;
}
interface Component {
  readonly executorLabel?: string;
  readonly dag?: { readonly tasks: Readonly<Record<string, Task>> };
  readonly inputDefinitions: Definitions;
  readonly outputDefinitions?: Definitions;
}
interface Executor {
  readonly container?: { image: string; command: string[]; args: string[]; env: { name: string; value: string }[] };
}
interface Pipeline {
  readonly components: Readonly<Record<string, Component>>;
  readonly deploymentSpec: { readonly executors: Readonly<Record<string, Executor>> };
  readonly pipelineInfo: { readonly name: string };
  readonly root: Component;
}

function compile(changes: Readonly<Record<string, unknown>> = {}, more: Partial<KubeflowRequest> = {}): string {
  const text = specText(changes);
  const { spec, locate } = parseSpec(text, 'mlops.yaml');
  return compileKubeflow({
    spec,
    text,
    locate,
    image: 'example.org/models:1',
    data: undefined,
    tool: 'mlops-actions 1.0.0',
    ...more,
  });
}
// Kubeflow's parser is one of YAML 1.1.
const read = (yaml: string) => parse(yaml, { version: '1.1' }) as Pipeline;

test('every name leads to something that is there', () => {
  const { components, deploymentSpec, root } = read(compile());
  const graphs = [root, ...Object.values(components).filter(({ dag }) => dag)];
  expect(graphs).toHaveLength(2);
  for (const graph of graphs) {
    const { tasks } = graph.dag!;
    for (const task of Object.values(tasks)) {
      const component = components[task.componentRef.name]!;
      expect(component).toBeTypeOf('object');
      for (const before of task.dependentTasks ?? []) expect(Object.keys(tasks)).toContain(before);
      const { artifacts = {}, parameters = {} } = task.inputs;
      expect(Object.keys(artifacts).sort()).toEqual(Object.keys(component.inputDefinitions.artifacts ?? {}).sort());
      expect(Object.keys(parameters).sort()).toEqual(Object.keys(component.inputDefinitions.parameters ?? {}).sort());
      for (const { taskOutputArtifact: made, componentInputArtifact: given } of Object.values(artifacts)) {
        if (given !== undefined) expect(Object.keys(graph.inputDefinitions.artifacts ?? {})).toContain(given);
        if (!made) continue;
        expect(task.dependentTasks).toContain(made.producerTask);
        const producer = components[tasks[made.producerTask]!.componentRef.name]!;
        expect(Object.keys(producer.outputDefinitions!.artifacts!)).toContain(made.outputArtifactKey);
      }
      for (const { componentInputParameter: given } of Object.values(parameters))
        expect(Object.keys(graph.inputDefinitions.parameters ?? {})).toContain(given);
    }
  }
  const labels = Object.values(components).flatMap(({ executorLabel }) => executorLabel ?? []);
  expect(labels.sort()).toEqual(Object.keys(deploymentSpec.executors).sort());
});

test('a step is one program without a shell, whose inputs are those of its action', async () => {
  const { deploymentSpec, root } = read(compile());
  const actions = await readActions();
  for (const { action, inputs, takes } of STEPS) {
    const { image, command, args, env } = deploymentSpec.executors[`exec-${action}`]!.container!;
    expect(image).toBe('example.org/models:1');
    expect(command).toEqual(['node', 'dist/pipeline-step.js']);
    expect(args[0]).toBe(action);
    expect(env).toEqual(Object.entries(inputs).map(([name, value]) => ({ name: `INPUT_${name.toUpperCase()}`, value })));
    const declared = actions.get(action)!.inputs;
    expect([...Object.keys(inputs), ...Object.keys(takes)].sort()).toEqual(Object.keys(declared).sort());
  }
  expect(root.dag!.tasks.train!.dependentTasks).toContain('validate');
});

test('the spec goes along as it is, whatever is in it', () => {
  const purpose = 'no\n"quotes" & {braces} # and: `rm -rf $HOME` \\ é 🌦\n';
  const text = specText({ purpose, owners: ['on', 'yes', '1_000', '0o7'] });
  const yaml = compile({ purpose, owners: ['on', 'yes', '1_000', '0o7'] });
  const { root, pipelineInfo } = read(yaml);
  expect(root.inputDefinitions.parameters!.spec!.defaultValue).toBe(text);
  expect(pipelineInfo).toEqual({ name: 'churn', description: purpose });
  expect(compile({ purpose, owners: ['on', 'yes', '1_000', '0o7'] })).toBe(yaml);
});

test('a run has to say where the data is, unless the pipeline does', () => {
  const parameter = (data?: string) => read(compile({}, { data })).root.inputDefinitions.parameters!.data_uri!;
  expect(parameter()).not.toHaveProperty('defaultValue');
  expect(parameter('s3://bucket/data.csv')).toMatchObject({ defaultValue: 's3://bucket/data.csv', isOptional: true });
});

test.each([
  [
    { contract: 'contract.json' },
    'mlops.yaml:',
    'contract is in the file contract.json, and the steps of a pipeline have the spec',
  ],
  [
    { contract: { references: [{ columns: ['plan'], file: 'plans.csv', to: ['plan'] }] } },
    'mlops.yaml:',
    'contract.references reads the file plans.csv',
  ],
  [{ purpose: 'x'.repeat(40_000) }, 'mlops.yaml', 'as a parameter of a pipeline it can have 32768: shorten it'],
  [{ purpose: 'a {{$.inputs}} b' }, 'mlops.yaml', 'the spec has "{{$" in it, which Kubeflow would replace'],
])('what a step could not do is refused: %#', (changes, place, what) => {
  const refuse = () => compile(changes);
  expect(refuse).toThrow(what);
  expect(refuse).toThrow(place);
});
