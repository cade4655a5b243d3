import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import { RULES } from './expression-rules.js';
import type { Origin } from './origin.js';
import { readSteps } from './step-reader.js';
import { TemplateReader } from './template-reader.js';
import type { Condition, StepSpec, Template } from './workflow-spec.js';
import { parseYaml, type YamlEntry, type YamlValue } from './yaml-reader.js';

export interface ActionInput {
  readonly required: boolean;
  readonly default?: Template;
  readonly deprecated?: string;
}

interface NodeRuns {
  readonly kind: 'node';
  readonly main: string;
  readonly pre?: string;
  readonly preIf?: Condition;
  readonly post?: string;
  readonly postIf?: Condition;
}

interface CompositeRuns {
  readonly kind: 'composite';
  readonly steps: readonly StepSpec[];
}

export interface ActionSpec {
  readonly name: string;
  /** The folder of its `action.yml`, and what `$/` means in it. */
  readonly folder: string;
  readonly origin: Origin;
  readonly inputs: ReadonlyMap<string, ActionInput>;
  readonly outputs: ReadonlyMap<string, Template | undefined>;
  readonly runs: NodeRuns | CompositeRuns;
}

const KEYS = ['name', 'author', 'description', 'inputs', 'outputs', 'runs', 'branding'];
const NODE_KEYS = ['using', 'main', 'pre', 'pre-if', 'post', 'post-if'];
const NODE_VERSIONS = ['node20', 'node24'];

/**
 * Reads `action.yml` or `action.yaml` of a folder.
 * @param shown how messages name the folder.
 * @throws UserError where there is none, and with every mistake in it.
 */
export function readAction(folder: string, shown: string, origin: Origin): ActionSpec {
  const name = ['action.yml', 'action.yaml'].find((file) => existsSync(join(folder, file)));
  if (!name) {
    if (existsSync(join(folder, 'Dockerfile')))
      throw new UserError(`'${shown}' is a Docker action, which this runner does not run`);
    throw new UserError(
      `Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '${shown}'. Did you forget to run actions/checkout before running your local action?`,
    );
  }
  return parseAction(`${shown}/${name}`, readFileSync(join(folder, name), 'utf8'), folder, origin);
}

function parseAction(file: string, text: string, folder: string, origin: Origin): ActionSpec {
  const reader = new TemplateReader();
  const root = parseYaml(file, text);
  const entries = reader.mapping(root, 'an action', KEYS);
  for (const key of ['name', 'description']) {
    if (!entries.has(key)) reader.report(root.location, `an action needs ${key}`);
  }
  const runs = entries.get('runs');
  if (!runs) reader.report(root.location, 'an action needs runs');
  const read = runs && readRuns(reader, runs);
  const composite = read?.kind === 'composite';
  const title = entries.get('name');
  const spec = {
    name: title ? reader.text(title.value, 'name') : file,
    folder,
    origin,
    inputs: readInputs(reader, entries.get('inputs')),
    outputs: readOutputs(reader, entries.get('outputs'), composite),
  };
  reader.finish();
  return { ...spec, runs: read ?? { kind: 'composite', steps: [] } };
}

function readRuns(reader: TemplateReader, runs: YamlEntry): NodeRuns | CompositeRuns | undefined {
  const using = runs.value.kind === 'mapping' ? runs.value.entries.get('using') : undefined;
  if (!using) {
    reader.report(runs.location, 'runs needs using');
    return undefined;
  }
  const kind = reader.choice(using.value, 'using', [...NODE_VERSIONS, 'composite']);
  if (kind === undefined) return undefined;
  if (kind === 'composite') {
    const steps = reader.mapping(runs.value, 'runs', ['using', 'steps']).get('steps');
    if (!steps) reader.report(runs.location, 'runs of a composite action needs steps');
    const place = { composite: true, rule: RULES.compositeStep, ifRule: RULES.compositeIf };
    return { kind: 'composite', steps: steps ? readSteps(reader, steps.value, place) : [] };
  }
  const entries = reader.mapping(runs.value, 'runs', NODE_KEYS);
  const main = entries.get('main');
  if (!main) reader.report(runs.location, 'runs of a node action needs main');
  const text = (key: string) => (value: YamlValue) => reader.text(value, `${key} of runs`);
  const condition = (key: string) => (value: YamlValue) => reader.condition(value, key, RULES.actionHookIf);
  return {
    kind: 'node',
    main: main ? reader.text(main.value, 'main of runs') : '',
    ...reader.optional(entries, 'pre', 'pre', text('pre')),
    ...reader.optional(entries, 'pre-if', 'preIf', condition('pre-if')),
    ...reader.optional(entries, 'post', 'post', text('post')),
    ...reader.optional(entries, 'post-if', 'postIf', condition('post-if')),
  };
}

function readInputs(reader: TemplateReader, inputs: YamlEntry | undefined): ReadonlyMap<string, ActionInput> {
  const read = new Map<string, ActionInput>();
  for (const [name, entry] of inputs ? reader.mapping(inputs.value, 'inputs') : []) {
    const keys = reader.mapping(entry.value, `input '${name}'`, ['description', 'required', 'default', 'deprecationMessage']);
    const required = keys.get('required');
    const preset = keys.get('default');
    const deprecated = keys.get('deprecationMessage');
    read.set(name, {
      // Authors write 'true' as a text as well.
      required: required?.value.kind === 'scalar' && String(required.value.value) === 'true',
      ...(preset ? { default: reader.scalar(preset.value, `default of input '${name}'`, RULES.actionInputDefault) } : {}),
      ...(deprecated ? { deprecated: reader.text(deprecated.value, 'deprecationMessage') } : {}),
    });
  }
  return read;
}

function readOutputs(reader: TemplateReader, outputs: YamlEntry | undefined, composite: boolean): ActionSpec['outputs'] {
  const read = new Map<string, Template | undefined>();
  for (const [name, entry] of outputs ? reader.mapping(outputs.value, 'outputs') : []) {
    const keys = reader.mapping(entry.value, `output '${name}'`, ['description', ...(composite ? ['value'] : [])]);
    const value = keys.get('value');
    if (composite && !value) reader.report(entry.location, `output '${name}' of a composite action needs a value`);
    read.set(name, value && reader.scalar(value.value, `value of output '${name}'`, RULES.compositeOutput));
  }
  return read;
}
