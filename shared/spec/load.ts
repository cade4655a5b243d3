import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Location, messageOf, type Problem, UserError } from '../core/errors.js';
import { pathText, type SchemaNode } from './accepted.js';
import { checkSections, type Finding, type Sections } from './checks.js';
import { type Path, readYaml, type YamlDocument } from './document.js';
import { specJsonSchema } from './json-schema.js';
import { nearest } from './nearest.js';
import { type Spec, specSchema } from './schema.js';
import { forbiddenKeys, schemaMistakes, valueAt } from './schema-errors.js';
import { unbuiltKeys } from './unbuilt.js';

/** A value that takes the place of the file's: an input of an action. */
interface SpecOverride {
  readonly path: (string | number)[];
  readonly value: unknown;
  /** Where it comes from, for messages: `input params`. */
  readonly origin?: string;
}

export interface SpecOptions {
  readonly overrides?: readonly SpecOverride[];
  /** The file's name in messages; annotations need it from the root of the repository. */
  readonly displayName?: string;
}

export interface LoadedSpec {
  readonly spec: Spec;
  /** As shown to users. */
  readonly file: string;
  /** Where a path of the spec stands in the file, or its nearest ancestor that exists. */
  locate(path: Path): Location;
  /** Keys that are accepted and have no effect yet, and things that look unintended. */
  readonly notices: readonly Problem[];
}

/** No spec is larger; whatever is, is another file. */
const MAX_BYTES = 1_000_000;

const START =
  'start one with: name: my-model, task: binary (or multiclass, regression), data: { path: data.csv }, target: { column: label }';

/**
 * Reads and checks a spec file.
 * @throws UserError with every mistake of the file at once, each with its line and column; also when there is no such file
 */
export async function loadSpec(file: string, options: SpecOptions = {}): Promise<LoadedSpec> {
  const shown = options.displayName ?? file;
  let bytes: Buffer;
  try {
    // Looked at before it is read: a repository can hold a link to a device, which never ends.
    const found = await stat(file);
    if (!found.isFile() && !found.isDirectory()) throw new UserError({ message: 'no regular file', location: { file: shown } });
    if (found.size > MAX_BYTES)
      throw new UserError({ message: 'larger than 1 MB; this is no spec', location: { file: shown } });
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(await unreadable(file, shown, error), { cause: error });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UserError({ message: 'not UTF-8 text; save the file as UTF-8', location: { file: shown } }, { cause: error });
  }
  return parseSpec(text, shown, options);
}

/**
 * Checks the text of a spec.
 * @param displayFile the file's name in messages
 * @throws UserError with every mistake at once
 */
export function parseSpec(text: string, displayFile: string, options: SpecOptions = {}): LoadedSpec {
  const document = readYaml(text, displayFile);
  if (document.value === undefined) throw new UserError(document.problems);
  if (document.value === null && (options.overrides ?? []).length === 0) {
    throw new UserError({ message: `the file is empty; ${START}`, location: { file: displayFile, line: 1, column: 1 } });
  }
  const content = withOverrides(document.value, options.overrides ?? []);
  const parsed = specSchema.safeParse(content);
  const mistakes = parsed.success
    ? []
    : schemaMistakes(parsed.error.issues, content, specJsonSchema() as SchemaNode).map(
        (mistake): Finding => ({ ...mistake, kind: 'error' }),
      );
  const sections = parsed.success ? parsed.data : validSections(content, mistakes);
  const unbuilt = unbuiltKeys(content).map(
    ({ path: at, message, isError }): Finding => ({ path: at, message, kind: isError ? 'error' : 'notice', atKey: true }),
  );
  const forbidden = forbiddenKeys(content).map((mistake): Finding => ({ ...mistake, kind: 'error' }));
  const findings = merged(mistakes, forbidden, checkSections(sections, content), unbuilt);

  const toProblem = (finding: Finding): Problem => problemOf(finding, document, displayFile, options.overrides ?? []);
  const errors = [...document.problems, ...findings.filter((one) => one.kind === 'error').map(toProblem)];
  if (errors.length > 0 || !parsed.success) throw new UserError(inOrder(errors));
  return {
    spec: parsed.data,
    file: displayFile,
    locate: (at) => document.locate(at),
    notices: inOrder(findings.map(toProblem)),
  };
}

/** Later lists say nothing of places where an earlier one has an error: one reason a place is enough. */
function merged(...lists: readonly (readonly Finding[])[]): Finding[] {
  const wrong = new Set<string>();
  return lists.flatMap((list) => {
    const news = list.filter((one) => !wrong.has(pathText(one.path)));
    for (const one of news) if (one.kind === 'error') wrong.add(pathText(one.path));
    return news;
  });
}

function problemOf(finding: Finding, document: YamlDocument, file: string, overrides: readonly SpecOverride[]): Problem {
  const { path: at, message, atKey, offset } = finding;
  const override = overrides.findLast(
    (one) => one.path.length <= at.length && one.path.every((step, index) => step === at[index]),
  );
  if (override) return { message: `${message} (from ${override.origin ?? 'an input'})`, location: { file } };
  return { message, location: atKey ? document.locateKey(at) : document.locate(at, offset) };
}

function inOrder(problems: readonly Problem[]): Problem[] {
  const line = (problem: Problem): number => problem.location?.line ?? 0;
  const column = (problem: Problem): number => problem.location?.column ?? 0;
  return problems.toSorted((a, b) => line(a) - line(b) || column(a) - column(b));
}

/** The sections that fulfil the schema once everything that was reported is taken out, so that all else is checked too. */
function validSections(content: unknown, mistakes: readonly Finding[]): Sections {
  if (typeof content !== 'object' || content === null) return {};
  const pruned = structuredClone(content);
  for (const { path: at } of mistakes) {
    // Taking an item out of a list would move the others: the whole list goes.
    const end = at.findIndex((step) => typeof step === 'number');
    removeAt(pruned, end < 0 ? at : at.slice(0, end));
  }
  const sections: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(specSchema.shape)) {
    const result = schema.safeParse(valueAt(pruned, [name]));
    if (result.success && result.data !== undefined) sections[name] = result.data;
  }
  return sections as Sections;
}

function removeAt(content: object, at: Path): void {
  const holder = valueAt(content, at.slice(0, -1));
  const key = at.at(-1);
  if (typeof holder === 'object' && holder !== null && key !== undefined) Reflect.deleteProperty(holder, key);
}

function withOverrides(value: unknown, overrides: readonly SpecOverride[]): unknown {
  const root = { spec: structuredClone(value) ?? {} };
  for (const override of overrides) {
    let holder: object = root;
    const steps = ['spec', ...override.path];
    for (const [index, step] of steps.entries()) {
      const isLast = index === steps.length - 1;
      const next = valueAt(holder, [step]);
      if (!isLast && typeof next === 'object' && next !== null) {
        holder = next;
        continue;
      }
      // A scalar where a mapping belongs stays as it is: the schema reports it.
      if (!isLast && next !== undefined && next !== null) break;
      const fresh = isLast ? override.value : {};
      // Defined, not assigned: "__proto__" is a key like any other.
      Object.defineProperty(holder, step, { value: fresh, enumerable: true, writable: true, configurable: true });
      if (!isLast) holder = fresh as object;
    }
  }
  return root.spec;
}

async function unreadable(file: string, shown: string, error: unknown): Promise<string> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EISDIR')
    return `${shown} is a directory; name the spec file in it, such as ${path.posix.join(shown, 'mlops.yaml')}`;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return `${shown} cannot be read: ${messageOf(error)}`;
  const place = path.resolve(path.dirname(file));
  const others = await readdir(place).then(
    (names) => names.filter((name) => /\.ya?ml$/i.test(name)).sort(),
    () => undefined,
  );
  if (!others) return `no spec: there is no directory ${place}; check the inputs working-directory and spec`;
  const near = nearest(path.basename(file), others);
  const advice = near ? `did you mean ${near}? (input spec)` : `${START}; or check the inputs spec and working-directory`;
  return `no spec: ${path.basename(file)} is not in ${place}; ${advice}`;
}
