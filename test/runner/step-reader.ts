import type { ExpressionRule } from './expressions.js';
import type { TemplateReader } from './template-reader.js';
import type { StepSpec } from './workflow-spec.js';
import type { YamlValue } from './yaml-reader.js';

export const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const COMPOSITE_KEYS = ['id', 'if', 'name', 'run', 'uses', 'with', 'shell', 'env', 'continue-on-error', 'working-directory'];
const JOB_KEYS = [...COMPOSITE_KEYS, 'timeout-minutes'];

/** Reads the `steps:` of a job, or those of a composite action, where `run` needs its `shell`. */
export function readSteps(
  reader: TemplateReader,
  value: YamlValue,
  place: { readonly composite: boolean; readonly rule: ExpressionRule; readonly ifRule: ExpressionRule },
): readonly StepSpec[] {
  const ids = new Set<string>();
  return reader.list(value, 'steps').map((item) => {
    const entries = reader.mapping(item, 'a step', place.composite ? COMPOSITE_KEYS : JOB_KEYS);
    const scalar = (key: string) => (given: YamlValue) => reader.scalar(given, `${key} of a step`, place.rule);
    const id = entries.get('id');
    const step: StepSpec = {
      location: item.location,
      with: entries.has('with') ? reader.templates(entries.get('with')!.value, 'with', place.rule) : new Map(),
      ...(id ? { id: reader.text(id.value, 'id of a step') } : {}),
      ...reader.optional(entries, 'name', 'name', scalar('name')),
      ...reader.optional(entries, 'if', 'condition', (given) => reader.condition(given, 'if', place.ifRule)),
      ...reader.optional(entries, 'run', 'run', scalar('run')),
      ...reader.optional(entries, 'uses', 'uses', (given) => ({ ref: reader.text(given, 'uses'), location: given.location })),
      ...reader.optional(entries, 'shell', 'shell', scalar('shell')),
      ...reader.optional(entries, 'working-directory', 'workingDirectory', scalar('working-directory')),
      ...reader.optional(entries, 'env', 'env', (given) => reader.environment(given, 'env', place.rule)),
      ...reader.optional(entries, 'continue-on-error', 'continueOnError', scalar('continue-on-error')),
      ...reader.optional(entries, 'timeout-minutes', 'timeoutMinutes', scalar('timeout-minutes')),
    };
    if (!step.run === !step.uses) reader.report(item.location, 'a step needs either run or uses, and not both');
    if (step.uses?.ref.includes('${{')) reader.report(step.uses.location, 'uses cannot hold an expression');
    for (const key of ['shell', 'working-directory']) {
      const entry = entries.get(key);
      if (step.uses && entry) reader.report(entry.location, `${key} belongs to run, not to uses`);
    }
    if (step.run && entries.has('with')) reader.report(entries.get('with')!.location, 'with belongs to uses, not to run');
    if (place.composite && step.run && !step.shell) {
      reader.report(item.location, "a run step of a composite action needs its shell, such as 'shell: bash'");
    }
    if (id && step.id !== undefined) {
      if (!IDENTIFIER.test(step.id)) reader.report(id.location, `id '${step.id}' must match ${IDENTIFIER.source}`);
      if (ids.has(step.id.toLowerCase())) reader.report(id.location, `id '${step.id}' is used by another step`);
      ids.add(step.id.toLowerCase());
    }
    return step;
  });
}
