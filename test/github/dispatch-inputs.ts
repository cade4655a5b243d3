import { parse } from 'yaml';
import { type Fields, isFields, textOf } from './fields.js';

/** What a dispatch gives a workflow, all of it text as in `github.event.inputs`; or why GitHub refuses it. */
export type DispatchInputs = { readonly inputs: Readonly<Record<string, string>> } | { readonly problem: string };

const MAX_INPUTS = 25;
const MAX_LENGTH = 65_535;

/**
 * Holds the inputs of a dispatch against what the workflow file declares under `on.workflow_dispatch`, and adds the
 * defaults of those that are not given.
 */
export function resolveDispatchInputs(workflow: string, given: Fields): DispatchInputs {
  const declared = declaredInputs(workflow);
  if (declared === undefined) return { problem: "Workflow does not have 'workflow_dispatch' trigger" };
  const unexpected = Object.keys(given).filter((name) => !declared.has(name));
  if (unexpected.length > 0) return { problem: `Unexpected inputs provided: ${JSON.stringify(unexpected)}` };
  if (declared.size > MAX_INPUTS)
    return { problem: `you may only define up to ${MAX_INPUTS} \`inputs\` for a \`workflow_dispatch\` event` };
  const inputs: Record<string, string> = {};
  for (const [name, input] of declared) {
    const text = asText(given[name] ?? input.default);
    if (text === '' && input.required === true && given[name] === undefined) {
      return { problem: `Required input '${name}' not provided` };
    }
    const problem = text === '' ? undefined : problemOf(name, text, input);
    if (problem !== undefined) return { problem };
    inputs[name] = text === '' && textOf(input, 'type') === 'boolean' ? 'false' : text;
  }
  if (JSON.stringify(inputs).length > MAX_LENGTH) return { problem: 'inputs are too large.' };
  return { inputs };
}

/** The declared inputs by their names; undefined where nobody may dispatch the workflow. */
function declaredInputs(workflow: string): ReadonlyMap<string, Fields> | undefined {
  let document: unknown;
  try {
    document = parse(workflow);
  } catch {
    return undefined;
  }
  const on = isFields(document) ? document.on : undefined;
  if (on === 'workflow_dispatch' || (Array.isArray(on) && on.includes('workflow_dispatch'))) return new Map();
  if (!isFields(on) || !('workflow_dispatch' in on)) return undefined;
  const dispatch = on.workflow_dispatch;
  const inputs = isFields(dispatch) && isFields(dispatch.inputs) ? dispatch.inputs : {};
  return new Map(Object.entries(inputs).map(([name, input]) => [name, isFields(input) ? input : {}]));
}

function problemOf(name: string, text: string, input: Fields): string | undefined {
  const type = textOf(input, 'type');
  const refused = (why: string): string => `Provided value '${text}' for input '${name}' ${why}`;
  if (type === 'boolean') return text === 'true' || text === 'false' ? undefined : refused('is not a boolean');
  if (type === 'number') return Number.isFinite(Number(text)) ? undefined : refused('is not a number');
  if (type !== 'choice') return undefined;
  const options = (Array.isArray(input.options) ? input.options : []).map(String);
  return options.includes(text) ? undefined : refused('not in the list of allowed values');
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
