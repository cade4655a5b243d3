import { bare, DYNAMIC, membersOf, type Node, nameOf, textOf, walk } from './syntax.js';

/** What the tests do with an action: inputs that they give with other values than the default, and outputs that they read. */
export interface Exercised {
  readonly inputs: Set<string>;
  readonly outputs: Set<string>;
}

/** Of an action's action.yml. */
export interface Declared {
  readonly inputs: Readonly<Record<string, { readonly default?: string | undefined }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

export class Usage {
  readonly #declared: ReadonlyMap<string, Declared>;
  readonly #found = new Map<string, Exercised>();

  constructor(declared: ReadonlyMap<string, Declared>) {
    this.#declared = declared;
    for (const name of declared.keys()) this.#found.set(name, { inputs: new Set(), outputs: new Set() });
  }

  /** A value that an action is given; undefined is one that is only known at run time. */
  give(action: string, input: string, value: string | undefined): void {
    const declared = this.#declared.get(action)?.inputs;
    if (declared === undefined || !Object.hasOwn(declared, input) || value === (declared[input]!.default ?? '')) return;
    this.#found.get(action)!.inputs.add(input);
  }

  read(action: string, output: string): void {
    if (Object.hasOwn(this.#declared.get(action)?.outputs ?? {}, output)) this.#found.get(action)!.outputs.add(output);
  }

  /** What no test gives or reads, such as `promote: input reason`. */
  missing(): string[] {
    return [...this.#declared].flatMap(([action, { inputs, outputs }]) => {
      const found = this.#found.get(action)!;
      return [
        ...Object.keys(inputs)
          .filter((name) => !found.inputs.has(name))
          .map((name) => `${action}: input ${name}`),
        ...Object.keys(outputs)
          .filter((name) => !found.outputs.has(name))
          .map((name) => `${action}: output ${name}`),
      ];
    });
  }
}

/** Functions that hold a test, or prepare some. */
const BLOCKS = new Set(['test', 'it', 'beforeEach', 'beforeAll', 'afterEach', 'afterAll']);
const MATCHERS = new Set(['toEqual', 'toMatchObject', 'toStrictEqual', 'toBe', 'toContain', 'toMatch']);

/** The test's own modules that a file imports, by what its `import` says; undefined for any other module. */
export type Modules = (specifier: string) => TestFile | undefined;

/**
 * One test file, or a module that test files share. An action is *used* by a call that has its name as an argument (`project.run('train', {...})`), by a call
 * of what the file imports from the action's folder, and by a call of a function of the file that does either. What such a call is
 * given as an object, directly or by a constant, are inputs. Outputs count where the same test asks for them by name.
 */
export class TestFile {
  readonly #program: Node;
  readonly #stepNames: ReadonlyMap<string, string>;
  readonly #modules: Modules;
  /** Constants and functions by their names; a name that stands for several things stands for all of them. */
  readonly #definitions = new Map<string, Node[]>();
  /** Names that come from `actions/<action>/`. */
  readonly #imports = new Map<string, string>();
  /** Names that come from a module of the tests. */
  readonly #shared = new Map<string, string>();
  /** Parameters of `test.each(table)(title, callback)`, with the texts of the table. */
  readonly #tables = new Map<string, Set<string>>();
  readonly #uses = new Map<Node, ReadonlySet<string>>();

  /** @param stepNames the actions of steps by the names that workflows give them: `stepOf(run, 'judge', 'Train')` is a use too */
  constructor(program: Node, stepNames: ReadonlyMap<string, string>, modules: Modules) {
    this.#program = program;
    this.#stepNames = stepNames;
    this.#modules = modules;
    for (const node of walk(program)) this.#index(node);
  }

  /** Adds what the file's tests do. */
  report(usage: Usage): void {
    for (const node of walk(this.#program)) {
      if (node.type !== 'CallExpression') continue;
      for (const action of this.#usedBy(node))
        for (const argument of node.arguments as Node[])
          for (const object of this.#objectsOf(argument, new Set()))
            for (const [name, value] of object) usage.give(action, name, this.#valueOf(value));
      if (BLOCKS.has(rootName(node.callee) ?? '')) {
        const outputs = [...this.#outputsReadIn(node)];
        for (const action of this.#usedIn(node)) for (const output of outputs) usage.read(action, output);
      }
    }
  }

  #index(node: Node): void {
    const define = (name: string | undefined, value: unknown): void => {
      const found = bare(value);
      if (name !== undefined && found) this.#definitions.set(name, [...(this.#definitions.get(name) ?? []), found]);
    };
    if (node.type === 'VariableDeclarator') define(nameOf(node.id), node.init);
    if (node.type === 'FunctionDeclaration') define(nameOf(node.id), node);
    if (node.type === 'ImportDeclaration') {
      const source = textOf(node.source) ?? '';
      const action = /(?:^|\/)actions\/([^/]+)\/[^/]+\.[jt]s$/.exec(source)?.[1];
      for (const specifier of node.specifiers as Node[]) {
        const name = nameOf(specifier.local)!;
        if (action !== undefined) this.#imports.set(name, action);
        else if (source.startsWith('.')) this.#shared.set(name, source);
      }
    }
    if (node.type === 'CallExpression') this.#indexTable(node);
  }

  /** `describe.each(['train', 'evaluate'])('%s', (action) => ...)` */
  #indexTable(call: Node): void {
    const callee = bare(call.callee);
    if (callee?.type !== 'CallExpression' || nameOf(bare(callee.callee)?.property) !== 'each') return;
    const texts = [...walk(callee)].flatMap((node) => textOf(node) ?? []);
    for (const callback of call.arguments as Node[]) {
      if (callback.type !== 'ArrowFunctionExpression') continue;
      for (const parameter of callback.params as Node[]) {
        const name = nameOf(parameter);
        if (name !== undefined) this.#tables.set(name, new Set([...(this.#tables.get(name) ?? []), ...texts]));
      }
    }
  }

  /** The actions that a call uses, itself or by functions of the file. */
  #usedBy(call: Node): ReadonlySet<string> {
    const known = this.#uses.get(call);
    if (known) return known;
    const used = new Set<string>();
    // Before the functions are followed, which may call each other.
    this.#uses.set(call, used);
    for (const argument of call.arguments as Node[]) {
      const texts = [textOf(argument), ...(this.#tables.get(nameOf(argument) ?? '') ?? [])];
      for (const text of texts) if (text !== undefined) used.add(text);
    }
    const name = nameOf(call.callee);
    const imported = name === undefined ? undefined : this.#imports.get(name);
    if (imported !== undefined) used.add(imported);
    for (const definition of (name !== undefined && this.#definitions.get(name)) || [])
      if (isFunction(definition)) for (const action of this.#usedIn(definition)) used.add(action);
    const shared = name === undefined ? undefined : this.#shared.get(name);
    // Opened when it is needed: modules may import each other's types.
    const file = shared === undefined ? undefined : this.#modules(shared);
    for (const action of file?.usedByFunction(name!) ?? []) used.add(action);
    return used;
  }

  /** What a function of this file uses. */
  usedByFunction(name: string): ReadonlySet<string> {
    const functions = (this.#definitions.get(name) ?? []).filter(isFunction);
    return new Set(functions.flatMap((definition) => [...this.#usedIn(definition)]));
  }

  /** The actions that are used anywhere in a part of the file. */
  #usedIn(part: Node): ReadonlySet<string> {
    const used = new Set<string>();
    for (const node of walk(part)) {
      if (node.type !== 'CallExpression') continue;
      for (const text of this.#usedBy(node)) {
        used.add(text);
        const action = this.#stepNames.get(text);
        if (action !== undefined) used.add(action);
      }
    }
    return used;
  }

  /** The objects that an argument is, or is made of: written there, or as constants of the file. */
  *#objectsOf(argument: Node, seen: Set<string>): Generator<ReadonlyMap<string, Node>> {
    const node = bare(argument);
    if (node?.type === 'ObjectExpression') {
      const members = membersOf(node);
      yield members;
      for (const name of ['inputs', 'with']) {
        const inner = members.get(name);
        if (inner) yield* this.#objectsOf(inner, seen);
      }
      for (const property of node.properties as Node[])
        if (property.type === 'SpreadElement') yield* this.#objectsOf(property.argument as Node, seen);
    } else if (node?.type === 'Identifier') {
      const name = String(node.name);
      if (seen.has(name)) return;
      seen.add(name);
      for (const definition of this.#definitions.get(name) ?? [])
        if (!isFunction(definition)) yield* this.#objectsOf(definition, seen);
    } else if (node?.type === 'NewExpression' || node?.type === 'LogicalExpression' || node?.type === 'ConditionalExpression') {
      // `new InputReader((name) => given[name])`, `inputs ?? {}`
      for (const inner of walk(node)) if (inner !== node && inner.type !== 'NewExpression') yield* this.#objectsOf(inner, seen);
    }
  }

  /** A text that is known before the test runs; undefined otherwise. */
  #valueOf(value: Node): string | undefined {
    const text = textOf(value);
    if (text !== undefined) return text.includes(DYNAMIC) ? undefined : text;
    const node = bare(value);
    return node?.type === 'Literal' ? String(node.value) : undefined;
  }

  /** Names that a test asks outputs for: `outputs.digest`, `{ digest } = x.outputs`, `expect(x.outputs).toEqual({ digest })`. */
  *#outputsReadIn(block: Node): Generator<string> {
    for (const node of walk(block)) {
      if (node.type === 'MemberExpression' && isOutputs(node.object)) {
        const name = nameOf(node.property);
        if (name !== undefined) yield name;
      } else if (node.type === 'VariableDeclarator' && isOutputs(node.init)) {
        yield* patternNames(node.id as Node);
      } else if (node.type === 'Property' && nameOf(node.key) === 'outputs') {
        yield* patternNames(node.value as Node);
        const object = bare(node.value);
        if (object?.type === 'ObjectExpression') yield* membersOf(object).keys();
      } else if (node.type === 'CallExpression' && MATCHERS.has(nameOf(bare(node.callee)?.property) ?? '')) {
        const expected = bare((node.arguments as Node[])[0]);
        const isAboutOutputs = [...walk(node.callee as Node)].some((inner) => isOutputs(inner));
        if (isAboutOutputs && expected?.type === 'ObjectExpression') yield* membersOf(expected).keys();
      }
    }
  }
}

function isFunction({ type }: Node): boolean {
  return ['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration'].includes(type);
}

function isOutputs(node: unknown): boolean {
  const found = bare(node);
  if (found?.type === 'MemberExpression') return nameOf(found.property) === 'outputs';
  return found?.type === 'Identifier' && nameOf(found) === 'outputs';
}

/** The names that a destructuring takes out of an object. */
function patternNames(pattern: Node): readonly string[] {
  if (pattern.type !== 'ObjectPattern') return [];
  return (pattern.properties as Node[]).flatMap((property) => nameOf(property.key) ?? []);
}

/** `test` of `test('...')`, `test.each(...)('...')` and `test.skip('...')`. */
function rootName(callee: unknown): string | undefined {
  const node = bare(callee);
  if (node?.type === 'CallExpression') return rootName(node.callee);
  return node?.type === 'MemberExpression' ? rootName(node.object) : nameOf(node);
}
