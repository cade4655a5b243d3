import { parse } from 'yaml';
import type { Usage } from './exercised.js';
import { DYNAMIC } from './syntax.js';

type Mapping = Readonly<Record<string, unknown>>;

/** A workflow or part of one: a file, or a text in a test. */
export interface WorkflowText {
  /** A file's name in `.github/workflows`, of those that users call; undefined for what calls them. */
  readonly file?: string;
  readonly text: string;
}

interface Step {
  readonly action: string;
  readonly id?: string;
  readonly name?: string;
  readonly given: Mapping;
  /** The input of the workflow without which the step does not run: `if: inputs.profile`. */
  readonly when?: string;
}

interface Job {
  readonly steps: readonly Step[];
  /** The reusable workflow that the job is, and what it is given. */
  readonly called?: { readonly file: string; readonly given: Mapping };
  /** As a step's. */
  readonly when?: string;
  /** `[step's id, output]` wherever the job names one. */
  readonly reads: readonly (readonly [string, string])[];
}

interface Workflow {
  readonly file?: string;
  readonly jobs: readonly Job[];
  /** Defaults of the inputs of a reusable one. */
  readonly defaults: Mapping;
}

const ACTION = /(?:^|\/)actions\/([a-z0-9-]+)(?:@|$)/;
const CALLED = /(?:^|\/)\.github\/workflows\/([^@]+)(?:@|$)/;
const SWITCH = /^(?:\$\{\{ *)?inputs\.([\w-]+)(?: *\}\})?$/;
const HANDED_ON = /^\$\{\{ *inputs\.([\w-]+) *\}\}$/;

/** What the workflows that the tests run do with the actions. A reusable workflow counts when one of the others calls it. */
export class WorkflowUse {
  readonly #workflows: readonly Workflow[];

  constructor(texts: readonly WorkflowText[]) {
    this.#workflows = texts.flatMap(({ file, text }) => {
      const workflow = readWorkflow(text);
      return workflow ? [{ ...workflow, ...(file !== undefined && { file }) }] : [];
    });
  }

  /** Reusable workflows that are called, by themselves or by others that are. */
  get executed(): ReadonlySet<string> {
    return new Set(this.#running().flatMap(({ file }) => file ?? []));
  }

  /** Actions that a workflow which runs has a step of that runs. */
  get actions(): ReadonlySet<string> {
    return new Set(this.#steps().map(({ action }) => action));
  }

  /** The actions of named steps. */
  get stepNames(): ReadonlyMap<string, string> {
    const steps = this.#steps();
    return new Map(steps.flatMap(({ name, action }) => (name === undefined ? [] : [[name, action] as const])));
  }

  report(usage: Usage): void {
    for (const workflow of this.#running()) {
      const callers = this.#callersOf(workflow);
      for (const { steps: all, reads, when } of workflow.jobs) {
        if (!this.#isOn(workflow, when)) continue;
        const steps = all.filter((step) => this.#isOn(workflow, step.when));
        for (const { action, given } of steps)
          for (const [input, value] of Object.entries(given)) {
            const handedOn = HANDED_ON.exec(String(value))?.[1];
            if (handedOn === undefined || workflow.file === undefined) usage.give(action, input, knownText(value));
            else
              for (const call of callers) usage.give(action, input, knownText(call[handedOn] ?? workflow.defaults[handedOn]));
          }
        for (const [id, output] of reads) {
          const step = steps.find((candidate) => candidate.id === id);
          if (step) usage.read(step.action, output);
        }
      }
    }
  }

  #steps(): readonly Step[] {
    return this.#running().flatMap((workflow) =>
      workflow.jobs
        .filter(({ when }) => this.#isOn(workflow, when))
        .flatMap(({ steps }) => steps.filter(({ when }) => this.#isOn(workflow, when))),
    );
  }

  /** What those who call a reusable workflow give it. */
  #callersOf({ file }: Workflow): readonly Mapping[] {
    if (file === undefined) return [];
    return this.#running().flatMap(({ jobs }) => jobs.flatMap(({ called }) => (called?.file === file ? [called.given] : [])));
  }

  /** Whether some caller lets a part of the workflow run. */
  #isOn(workflow: Workflow, input: string | undefined): boolean {
    if (input === undefined || workflow.file === undefined) return true;
    return this.#callersOf(workflow).some((given) => String(given[input] ?? workflow.defaults[input] ?? false) !== 'false');
  }

  #running(): readonly Workflow[] {
    const called = new Set<string>();
    let running = this.#workflows.filter(({ file }) => file === undefined);
    for (let before = -1; before < running.length; ) {
      before = running.length;
      for (const { jobs } of running) for (const job of jobs) if (job.called) called.add(job.called.file);
      running = this.#workflows.filter(({ file }) => file === undefined || called.has(file));
    }
    return running;
  }
}

/** @returns undefined when the text is no workflow, nor some of its jobs */
function readWorkflow(text: string): Omit<Workflow, 'file'> | undefined {
  if (!text.includes('uses:')) return undefined;
  let document: unknown;
  try {
    document = parse(text.replaceAll(DYNAMIC, 'dynamic-value'));
  } catch {
    return undefined;
  }
  if (!isMapping(document) || !isMapping(document.jobs)) return undefined;
  const trigger = isMapping(document.on) ? document.on.workflow_call : undefined;
  const inputs = isMapping(trigger) && isMapping(trigger.inputs) ? trigger.inputs : {};
  return {
    defaults: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, isMapping(input) ? input.default : ''])),
    jobs: Object.values(document.jobs).filter(isMapping).map(readJob),
  };
}

function readJob(job: Mapping): Job {
  const called = typeof job.uses === 'string' ? CALLED.exec(job.uses)?.[1] : undefined;
  const steps = (Array.isArray(job.steps) ? job.steps : []).filter(isMapping).flatMap((step): Step[] => {
    const action = typeof step.uses === 'string' ? ACTION.exec(step.uses)?.[1] : undefined;
    if (action === undefined) return [];
    return [
      {
        action,
        ...(typeof step.id === 'string' && { id: step.id }),
        ...(typeof step.name === 'string' && { name: step.name }),
        given: isMapping(step.with) ? step.with : {},
        ...switchOf(step.if),
      },
    ];
  });
  const reads = [...JSON.stringify(job).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)];
  return {
    steps,
    ...(called !== undefined && { called: { file: called, given: isMapping(job.with) ? job.with : {} } }),
    ...switchOf(job.if),
    reads: reads.map(([, id, output]) => [id!, output!] as const),
  };
}

function switchOf(condition: unknown): { readonly when?: string } {
  const when = SWITCH.exec(String(condition ?? ''))?.[1];
  return when === undefined ? {} : { when };
}

function isMapping(value: unknown): value is Mapping {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** A value as the runner hands it over; undefined where only the run tells. */
function knownText(value: unknown): string | undefined {
  const text = value === undefined || value === null ? '' : String(value);
  return text.includes('${{') || text.includes('dynamic-value') ? undefined : text;
}
