import { RULES } from './expression-rules.js';
import { readPermissions } from './permissions.js';
import { IDENTIFIER, readSteps } from './step-reader.js';
import { TemplateReader } from './template-reader.js';
import { readTriggers } from './trigger-reader.js';
import type { JobSpec, RunDefaults, StrategySpec, Template, WorkflowSpec } from './workflow-spec.js';
import { parseYaml, type YamlEntry, type YamlValue } from './yaml-reader.js';

const WORKFLOW_KEYS = ['name', 'run-name', 'on', 'permissions', 'env', 'defaults', 'concurrency', 'cache-mode', 'jobs'];
const SHARED_JOB_KEYS = ['name', 'needs', 'if', 'permissions', 'strategy', 'concurrency', 'cache-mode'];
const CALL_JOB_KEYS = [...SHARED_JOB_KEYS, 'uses', 'with', 'secrets'];
const STEPS_JOB_KEYS = [
  ...SHARED_JOB_KEYS,
  ...['runs-on', 'env', 'defaults', 'outputs', 'timeout-minutes', 'continue-on-error', 'environment', 'steps'],
];
const CONTAINER_KEYS = ['container', 'services'];
const CACHE_MODES = ['read', 'write', 'write-only', 'none'] as const;
const MAX_FILE_BYTES = 500 * 1024;

/**
 * Reads and checks a workflow file as GitHub does before a run starts.
 * @param path its path in the repository, for messages.
 * @throws UserError with every problem of the file, each with its line and column.
 */
export function parseWorkflow(path: string, text: string): WorkflowSpec {
  const reader = new TemplateReader();
  const root = parseYaml(path, text);
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) reader.report(root.location, 'a workflow file may have 500 KB at most');
  const entries = reader.mapping(root, 'a workflow', WORKFLOW_KEYS);
  const on = entries.get('on');
  if (!on) reader.report(root.location, "a workflow needs 'on', the events that start it");
  const name = entries.get('name');
  const spec: WorkflowSpec = {
    path,
    name: name ? reader.text(name.value, 'name') : path,
    ...(on ? readTriggers(reader, on.value) : { triggers: new Map() }),
    ...reader.optional(entries, 'run-name', 'runName', (value) => reader.scalar(value, 'run-name', RULES.runName)),
    ...reader.optional(entries, 'env', 'env', (value) => reader.environment(value, 'env', RULES.workflowEnv)),
    ...reader.optional(entries, 'permissions', 'permissions', (value) => readPermissions(reader, value)),
    ...reader.optional(entries, 'concurrency', 'concurrency', (value) => readConcurrency(reader, value, true)),
    ...readCacheMode(reader, entries),
    defaults: readDefaults(reader, entries.get('defaults')),
    jobs: readJobs(reader, root, entries.get('jobs')),
  };
  checkNeeds(reader, spec.jobs);
  reader.finish();
  return spec;
}

function readJobs(reader: TemplateReader, root: YamlValue, jobs: YamlEntry | undefined): ReadonlyMap<string, JobSpec> {
  const read = new Map<string, JobSpec>();
  for (const [id, entry] of jobs ? reader.mapping(jobs.value, 'jobs') : []) {
    if (!IDENTIFIER.test(id)) reader.report(entry.location, `job id '${id}' must match ${IDENTIFIER.source}`);
    read.set(id, readJob(reader, id, entry));
  }
  if (read.size === 0) reader.report(jobs?.location ?? root.location, 'a workflow needs at least one job under jobs');
  return read;
}

function readJob(reader: TemplateReader, id: string, entry: YamlEntry): JobSpec {
  const called = entry.value.kind === 'mapping' && entry.value.entries.has('uses');
  const what = `job '${id}'`;
  const entries = reader.mapping(entry.value, what, called ? CALL_JOB_KEYS : [...STEPS_JOB_KEYS, ...CONTAINER_KEYS]);
  for (const key of CONTAINER_KEYS) {
    const container = entries.get(key);
    if (container && !called) reader.report(container.location, `${key} needs Docker, which this runner does not use`);
  }
  const scalar = (key: string, rule = RULES.job) => {
    return (value: YamlValue): Template => reader.scalar(value, `${key} of ${what}`, rule);
  };
  const needs = entries.get('needs');
  const outputs = entries.get('outputs');
  const steps = entries.get('steps');
  const given = entries.get('with');
  const job: JobSpec = {
    id,
    location: entry.location,
    needs: needs ? reader.texts(needs.value, `needs of ${what}`) : [],
    ...reader.optional(entries, 'name', 'name', scalar('name')),
    ...reader.optional(entries, 'if', 'condition', (value) => reader.condition(value, `if of ${what}`, RULES.jobIf)),
    ...reader.optional(entries, 'permissions', 'permissions', (value) => readPermissions(reader, value)),
    ...reader.optional(entries, 'strategy', 'strategy', (value) => readStrategy(reader, value)),
    ...reader.optional(entries, 'runs-on', 'runsOn', (value) => reader.template(value, RULES.job)),
    ...reader.optional(entries, 'env', 'env', (value) => reader.environment(value, `env of ${what}`, RULES.jobEnv)),
    ...reader.optional(entries, 'timeout-minutes', 'timeoutMinutes', scalar('timeout-minutes')),
    ...reader.optional(entries, 'continue-on-error', 'continueOnError', scalar('continue-on-error')),
    ...reader.optional(entries, 'environment', 'environment', (value) => readEnvironment(reader, value)),
    ...reader.optional(entries, 'concurrency', 'concurrency', (value) => readConcurrency(reader, value, false)),
    ...readCacheMode(reader, entries),
    defaults: readDefaults(reader, entries.get('defaults')),
    outputs: outputs ? reader.templates(outputs.value, `outputs of ${what}`, RULES.jobOutput) : new Map(),
    steps: steps ? readSteps(reader, steps.value, { composite: false, rule: RULES.step, ifRule: RULES.stepIf }) : [],
    ...reader.optional(entries, 'uses', 'uses', (value) => ({ ref: reader.text(value, 'uses'), location: value.location })),
    with: given ? reader.templates(given.value, `with of ${what}`, RULES.job) : new Map(),
    secrets: readSecrets(reader, entries.get('secrets'), what),
  };
  if (!called && !entries.has('runs-on'))
    reader.report(entry.location, `${what} needs runs-on (or uses, for a called workflow)`);
  if (!called && job.steps.length === 0) reader.report(entry.location, `${what} needs at least one step`);
  return job;
}

function readStrategy(reader: TemplateReader, value: YamlValue): StrategySpec {
  const entries = reader.mapping(value, 'strategy', ['matrix', 'fail-fast', 'max-parallel']);
  const matrix = entries.get('matrix');
  if (matrix?.value.kind === 'sequence') reader.report(matrix.location, 'matrix must be a mapping of names to lists');
  return {
    ...reader.optional(entries, 'matrix', 'matrix', (given) => reader.template(given, RULES.strategy)),
    ...reader.optional(entries, 'fail-fast', 'failFast', (given) => reader.scalar(given, 'fail-fast', RULES.strategy)),
    ...reader.optional(entries, 'max-parallel', 'maxParallel', (given) => reader.scalar(given, 'max-parallel', RULES.strategy)),
  };
}

function readDefaults(reader: TemplateReader, defaults: YamlEntry | undefined): RunDefaults {
  const run = defaults && reader.mapping(defaults.value, 'defaults', ['run']).get('run');
  if (!run) return {};
  const entries = reader.mapping(run.value, 'defaults.run', ['shell', 'working-directory']);
  const scalar = (value: YamlValue): Template => reader.scalar(value, 'a value of defaults.run', RULES.jobDefaults);
  return {
    ...reader.optional(entries, 'shell', 'shell', scalar),
    ...reader.optional(entries, 'working-directory', 'workingDirectory', scalar),
  };
}

function readConcurrency(reader: TemplateReader, value: YamlValue, workflow: boolean): Template {
  if (value.kind !== 'scalar') {
    const entries = reader.mapping(value, 'concurrency', ['group', 'cancel-in-progress', 'queue']);
    if (!entries.has('group')) reader.report(value.location, 'concurrency needs a group');
  }
  return reader.template(value, workflow ? RULES.workflowConcurrency : RULES.job);
}

function readEnvironment(reader: TemplateReader, value: YamlValue): Template {
  if (value.kind === 'scalar') return reader.template(value, RULES.job);
  const entries = reader.mapping(value, 'environment', ['name', 'url', 'deployment']);
  const name = entries.get('name');
  if (!name) reader.report(value.location, 'environment needs a name');
  else reader.scalar(name.value, 'name of environment', RULES.job);
  return reader.template(value, RULES.environmentUrl);
}

function readSecrets(reader: TemplateReader, entry: YamlEntry | undefined, what: string): JobSpec['secrets'] {
  if (!entry) return new Map();
  if (entry.value.kind === 'scalar' && entry.value.value === 'inherit') return 'inherit';
  return reader.templates(entry.value, `secrets of ${what}`, RULES.jobSecrets);
}

function readCacheMode(reader: TemplateReader, entries: ReadonlyMap<string, YamlEntry>): { cacheMode?: string } {
  const entry = entries.get('cache-mode');
  const mode = entry && reader.choice(entry.value, 'cache-mode', CACHE_MODES);
  return mode ? { cacheMode: mode } : {};
}

/** Every name under `needs` is a job, and no job waits for itself. */
function checkNeeds(reader: TemplateReader, jobs: ReadonlyMap<string, JobSpec>): void {
  const finished = new Set<string>();
  const visit = (job: JobSpec, above: readonly string[]): void => {
    if (finished.has(job.id)) return;
    if (above.includes(job.id)) {
      reader.report(job.location, `job '${job.id}' waits for itself: ${[...above, job.id].join(' -> ')}`);
      return;
    }
    for (const name of job.needs) {
      const needed = jobs.get(name);
      if (needed) visit(needed, [...above, job.id]);
      else reader.report(job.location, `job '${job.id}' needs '${name}', which is not a job of this workflow`);
    }
    finished.add(job.id);
  };
  for (const job of jobs.values()) visit(job, []);
}
