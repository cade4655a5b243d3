import { cronProblem } from './cron.js';
import { RULES } from './expression-rules.js';
import type { TemplateReader } from './template-reader.js';
import type { CallSpec, InputSpec, Template, TriggerSpec } from './workflow-spec.js';
import type { YamlEntry, YamlValue } from './yaml-reader.js';

const EVENTS = [
  ...[
    'branch_protection_rule',
    'check_run',
    'check_suite',
    'create',
    'delete',
    'deployment',
    'deployment_status',
    'discussion',
  ],
  ...['discussion_comment', 'fork', 'gollum', 'image_version', 'issue_comment', 'issues', 'label', 'merge_group', 'milestone'],
  ...[
    'page_build',
    'public',
    'pull_request',
    'pull_request_review',
    'pull_request_review_comment',
    'pull_request_target',
    'push',
  ],
  ...[
    'registry_package',
    'release',
    'repository_dispatch',
    'schedule',
    'status',
    'watch',
    'workflow_call',
    'workflow_dispatch',
  ],
  'workflow_run',
];
const BRANCH_FILTERS = ['branches', 'branches-ignore'];
const PATH_FILTERS = ['paths', 'paths-ignore'];
/** The keys under an event; an event that is not listed takes `types` alone. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  push: [...BRANCH_FILTERS, 'tags', 'tags-ignore', ...PATH_FILTERS],
  pull_request: ['types', ...BRANCH_FILTERS, ...PATH_FILTERS],
  pull_request_target: ['types', ...BRANCH_FILTERS, ...PATH_FILTERS],
  merge_group: ['types', ...BRANCH_FILTERS],
  workflow_run: ['types', 'workflows', ...BRANCH_FILTERS],
  workflow_dispatch: ['inputs'],
};

/** Reads `on:`: one event, a list of them, or a mapping with filters. */
export function readTriggers(
  reader: TemplateReader,
  value: YamlValue,
): { triggers: ReadonlyMap<string, TriggerSpec>; call?: CallSpec } {
  const triggers = new Map<string, TriggerSpec>();
  let call: CallSpec | undefined;
  const emptyCall: CallSpec = { inputs: new Map(), secrets: new Map(), outputs: new Map() };
  if (value.kind !== 'mapping') {
    for (const item of value.kind === 'sequence' ? value.items : [value]) {
      const name = reader.choice(item, 'an event of on', EVENTS);
      if (name === 'workflow_call') call = emptyCall;
      if (name) triggers.set(name, {});
    }
  }
  if (value.kind === 'mapping') {
    for (const [name, entry] of reader.mapping(value, 'on', EVENTS)) {
      if (name === 'workflow_call') call = readCall(reader, entry.value);
      triggers.set(name, name === 'workflow_call' ? {} : readTrigger(reader, name, entry.value));
    }
  }
  if (triggers.size === 0) reader.report(value.location, "on must name at least one event, such as 'push'");
  return call ? { triggers, call } : { triggers };
}

function readTrigger(reader: TemplateReader, event: string, value: YamlValue): TriggerSpec {
  if (event === 'schedule') return { schedules: readSchedules(reader, value) };
  const entries = reader.mapping(value, `on.${event}`, KEYS[event] ?? ['types']);
  const texts = (key: string): string[] | undefined => {
    const entry = entries.get(key);
    return entry && reader.texts(entry.value, `on.${event}.${key}`);
  };
  for (const key of ['branches', 'tags', 'paths']) {
    const patterns = texts(key);
    const entry = entries.get(key);
    if (entry && entries.has(`${key}-ignore`)) {
      reader.report(entry.location, `on.${event} cannot have both ${key} and ${key}-ignore`);
    } else if (entry && patterns?.every((pattern) => pattern.startsWith('!'))) {
      reader.report(entry.location, `on.${event}.${key} needs at least one pattern without '!'; or use ${key}-ignore`);
    }
  }
  const found = {
    types: texts('types'),
    branches: texts('branches'),
    branchesIgnore: texts('branches-ignore'),
    tags: texts('tags'),
    tagsIgnore: texts('tags-ignore'),
    paths: texts('paths'),
    pathsIgnore: texts('paths-ignore'),
    workflows: texts('workflows'),
    inputs: entries.has('inputs') ? readInputs(reader, entries.get('inputs')!, 'on.workflow_dispatch.inputs') : undefined,
  };
  const given = Object.entries(found).filter(([, filter]) => filter !== undefined);
  return Object.fromEntries(given) as TriggerSpec;
}

function readSchedules(reader: TemplateReader, value: YamlValue): { cron: string; timezone?: string }[] {
  return reader.list(value, 'on.schedule').flatMap((item) => {
    const entries = reader.mapping(item, 'an entry of on.schedule', ['cron', 'timezone']);
    const cron = entries.get('cron');
    if (!cron) {
      reader.report(item.location, 'an entry of on.schedule needs cron');
      return [];
    }
    const zone = entries.get('timezone');
    const text = reader.text(cron.value, 'cron');
    const problem = cronProblem(text);
    if (problem !== undefined) reader.report(cron.value.location, problem);
    if (zone && !isTimeZone(reader.text(zone.value, 'timezone'))) {
      reader.report(
        zone.value.location,
        `timezone '${reader.text(zone.value, 'timezone')}' is no IANA name, such as Europe/Berlin`,
      );
    }
    return [zone ? { cron: text, timezone: reader.text(zone.value, 'timezone') } : { cron: text }];
  });
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function readCall(reader: TemplateReader, value: YamlValue): CallSpec {
  const entries = reader.mapping(value, 'on.workflow_call', ['inputs', 'secrets', 'outputs']);
  const secrets = new Map<string, { required: boolean }>();
  for (const [name, entry] of entriesOf(reader, entries.get('secrets'), 'on.workflow_call.secrets')) {
    const keys = reader.mapping(entry.value, `secret '${name}'`, ['description', 'required']);
    const required = keys.get('required');
    secrets.set(name, { required: required ? reader.boolean(required.value, `required of secret '${name}'`) : false });
  }
  const outputs = new Map<string, Template>();
  for (const [name, entry] of entriesOf(reader, entries.get('outputs'), 'on.workflow_call.outputs')) {
    const keys = reader.mapping(entry.value, `output '${name}'`, ['description', 'value']);
    const given = keys.get('value');
    if (!given) reader.report(entry.location, `output '${name}' needs a value`);
    else outputs.set(name, reader.template(given.value, RULES.callOutput));
  }
  const inputs = entries.get('inputs');
  return { inputs: inputs ? readInputs(reader, inputs, 'on.workflow_call.inputs') : new Map(), secrets, outputs };
}

function entriesOf(reader: TemplateReader, entry: YamlEntry | undefined, what: string): ReadonlyMap<string, YamlEntry> {
  return entry ? reader.mapping(entry.value, what) : new Map();
}

function readInputs(reader: TemplateReader, inputs: YamlEntry, what: string): ReadonlyMap<string, InputSpec> {
  const call = what.startsWith('on.workflow_call');
  const keys = ['description', 'required', 'default', 'type', ...(call ? [] : ['options'])];
  const types = call
    ? (['string', 'number', 'boolean'] as const)
    : (['string', 'number', 'boolean', 'choice', 'environment'] as const);
  const read = new Map<string, InputSpec>();
  for (const [name, entry] of entriesOf(reader, inputs, what)) {
    const found = reader.mapping(entry.value, `input '${name}'`, keys);
    const type = found.get('type');
    if (call && !type) reader.report(entry.location, `input '${name}' needs a type: string, number or boolean`);
    const required = found.get('required');
    const preset = found.get('default');
    read.set(name, {
      type: type ? (reader.choice(type.value, `type of input '${name}'`, types) ?? 'string') : 'string',
      required: required ? reader.boolean(required.value, `required of input '${name}'`) : false,
      ...(preset ? { default: reader.template(preset.value, RULES.callInputDefault) } : {}),
    });
  }
  return read;
}
