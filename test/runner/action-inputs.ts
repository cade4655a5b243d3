import type { ActionInput } from './action.js';
import type { Scope } from './expressions.js';
import { type StepSession, templateText } from './job-context.js';
import type { Template } from './workflow-spec.js';

/**
 * The inputs of one use of an action: what `with:` says, else the defaults, which may be expressions. Inputs that the action does not
 * know, deprecated ones and required ones that are missing are warned about.
 */
export function resolveInputs(
  inputs: ReadonlyMap<string, ActionInput>,
  given: ReadonlyMap<string, Template>,
  scope: Scope,
  session: Pick<StepSession, 'output'> | undefined,
): Record<string, string> {
  const known = new Map([...inputs.keys()].map((name) => [name.toLowerCase(), name] as const));
  const resolved: Record<string, string> = {};
  const unexpected: string[] = [];
  const supplied = new Set<string>();
  for (const [name, template] of given) {
    const value = templateText(template, scope);
    const declared = known.get(name.toLowerCase());
    if (declared === undefined) unexpected.push(name);
    else supplied.add(declared);
    resolved[declared ?? name] = value;
    const deprecated = declared === undefined ? undefined : inputs.get(declared)?.deprecated;
    if (deprecated) session?.output.annotate('warning', `Input '${name}' has been deprecated with message: ${deprecated}`);
  }
  if (unexpected.length > 0) {
    const valid = [...inputs.keys()].map((name) => `'${name}'`).join(', ');
    const names = unexpected.map((name) => `'${name}'`).join(', ');
    session?.output.annotate('warning', `Unexpected input(s) ${names}, valid inputs are [${valid}]`);
  }
  for (const [name, input] of inputs) {
    if (supplied.has(name)) continue;
    if (input.default) resolved[name] = templateText(input.default, scope);
    else if (input.required) session?.output.annotate('warning', `Input '${name}' is required, but was not supplied`);
  }
  return resolved;
}

/** The inputs of the built-in checkout. */
export function declaredInputs(defaults: Readonly<Record<string, string>>): ReadonlyMap<string, ActionInput> {
  const location = { file: 'actions/checkout' };
  return new Map(Object.entries(defaults).map(([name, value]) => [name, { required: false, default: { value, location } }]));
}
