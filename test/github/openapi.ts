import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { Fields } from './fields.js';

/** An operation of GitHub's description: the method in capitals, the path with its parameters in braces. */
interface Operation {
  readonly method: string;
  readonly path: string;
}

/** Holds requests and responses against GitHub's own OpenAPI description. Each answer is a list of mismatches. */
export interface OpenApi {
  request(
    operation: Operation,
    given: { params: Readonly<Record<string, string>>; query: URLSearchParams; body: unknown },
  ): readonly string[];
  response(operation: Operation, status: number, contentType: string, body: unknown): readonly string[];
  documentationUrl(operation: Operation): string;
}

interface OperationObject {
  readonly externalDocs?: { readonly url: string };
  readonly parameters?: readonly Fields[];
  readonly requestBody?: Fields;
  readonly responses: Fields;
}

const KEYWORDS = new Set([
  ...['$ref', 'type', 'enum', 'format', 'required', 'properties', 'additionalProperties', 'items'],
  ...['anyOf', 'oneOf', 'allOf', 'not', 'pattern', 'minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems'],
  ...['minimum', 'maximum', 'multipleOf', 'minProperties', 'maxProperties'],
]);

/** Parameters that the description calls a date and time, although its own words allow a range or a comparison. */
const RANGES = new Set(['created']);

let loaded: OpenApi | undefined;

/**
 * GitHub's description of api.github.com, read once a process (about 0.3 s and 70 MB); an operation's schemas are
 * compiled when it is first used (0.05 s, a pull request's 0.2 s).
 */
export function loadOpenApi(): OpenApi {
  loaded ??= new Description(readDescription());
  return loaded;
}

function readDescription(): Fields {
  const require = createRequire(import.meta.url);
  return JSON.parse(readFileSync(require.resolve('@octokit/openapi/generated/api.github.com.json'), 'utf8')) as Fields;
}

class Description implements OpenApi {
  readonly #document: Fields;
  readonly #ajv: Ajv;
  readonly #coercing: Ajv;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: Fields) {
    this.#document = document;
    // Not inlined and not checked themselves: GitHub's schemas are large, valid, and used in many places.
    const options = {
      strict: false,
      allErrors: true,
      inlineRefs: false,
      validateSchema: false,
      code: { optimize: false },
    } as const;
    this.#ajv = new Ajv(options);
    this.#coercing = new Ajv({ ...options, coerceTypes: true });
    for (const ajv of [this.#ajv, this.#coercing]) {
      addFormats.default(ajv);
      // Sizes that OpenAPI names and JSON Schema does not: every number of JavaScript that is an integer is one.
      for (const format of ['int64', 'timestamp', 'repo.nwo']) ajv.addFormat(format, true);
    }
  }

  documentationUrl(operation: Operation): string {
    return this.#operation(operation).externalDocs?.url ?? 'https://docs.github.com/rest';
  }

  request(
    operation: Operation,
    given: { params: Readonly<Record<string, string>>; query: URLSearchParams; body: unknown },
  ): readonly string[] {
    const found = this.#operation(operation);
    const parameters = (found.parameters ?? []).map((parameter) => this.#deref(parameter));
    const problems: string[] = [];
    for (const place of ['path', 'query'] as const) {
      const known = parameters.filter((parameter) => parameter.in === place);
      const values: Record<string, unknown> =
        place === 'path' ? { ...given.params } : Object.fromEntries(given.query.entries());
      const schema = {
        type: 'object',
        properties: Object.fromEntries(
          known.map((parameter) => [String(parameter.name), RANGES.has(String(parameter.name)) ? {} : anyOf(parameter.schema)]),
        ),
        required: known.filter((parameter) => parameter.required === true).map((parameter) => parameter.name),
      };
      const validate = this.#compile(`${operation.method} ${operation.path} ${place}`, schema, this.#coercing, true);
      if (!validate(values)) problems.push(...explain(validate.errors, place));
    }
    const requestBody = found.requestBody === undefined ? undefined : this.#deref(found.requestBody);
    if (requestBody === undefined) {
      if (given.body !== undefined) problems.push('body: none is expected');
    } else if (given.body === undefined) {
      if (requestBody.required === true) problems.push('body: is missing');
    } else {
      const schema = jsonSchemaOf(requestBody);
      if (schema !== undefined) {
        const validate = this.#compile(`${operation.method} ${operation.path} body`, schema, this.#ajv, true);
        if (!validate(given.body)) problems.push(...explain(validate.errors, 'body'));
      }
    }
    return problems;
  }

  response(operation: Operation, status: number, contentType: string, body: unknown): readonly string[] {
    const responses = this.#operation(operation).responses;
    const entry = responses[String(status)];
    if (entry === undefined) {
      // GitHub does not list for each operation what any may answer: no access, no such thing, wrong input, its own trouble.
      if (status < 400 && status !== 304) return [`status ${status} is not among ${Object.keys(responses).join(', ')}`];
      if (status === 304) return [];
      return this.#body('error', { $ref: '#/components/schemas/basic-error' }, body, false);
    }
    const description = this.#deref(entry as Fields);
    const schema = jsonSchemaOf(description);
    if (schema === undefined) {
      if (body === undefined) return [];
      // GitHub describes no body for some refusals, and sends the usual one.
      if (status >= 400) return this.#body('error', { $ref: '#/components/schemas/basic-error' }, body, false);
      return ['the answer has a body, GitHub sends none'];
    }
    if (!contentType.startsWith('application/json')) return [];
    return this.#body(`${operation.method} ${operation.path} ${status}`, schema, body, status < 400);
  }

  #body(key: string, schema: unknown, body: unknown, closed: boolean): readonly string[] {
    const validate = this.#compile(key, schema, this.#ajv, closed);
    return validate(body) ? [] : explain(validate.errors, 'answer');
  }

  #operation(operation: Operation): OperationObject {
    const paths = this.#document.paths as Record<string, Record<string, OperationObject>>;
    const found = paths[operation.path]?.[operation.method.toLowerCase()];
    if (found === undefined) throw new Error(`GitHub's description has no operation ${operation.method} ${operation.path}`);
    return found;
  }

  #deref(value: Fields): Fields {
    const pointer = value.$ref;
    if (typeof pointer !== 'string') return value;
    let target: unknown = this.#document;
    for (const part of pointer.split('/').slice(1)) target = (target as Fields)[part];
    return target as Fields;
  }

  #compile(key: string, schema: unknown, ajv: Ajv, closed: boolean): ValidateFunction {
    const existing = this.#validators.get(key);
    if (existing !== undefined) return existing;
    const validate = ajv.compile(this.#convert(schema, ajv, closed) as Fields);
    this.#validators.set(key, validate);
    return validate;
  }

  /**
   * OpenAPI 3.0 as JSON Schema: `nullable` becomes an alternative, keywords that do not constrain go. A closed schema
   * also refuses properties that GitHub does not describe, so that neither we nor our clients lean on invented ones;
   * parts of an `allOf` stay open, since each sees the properties of the others.
   */
  #convert(value: unknown, ajv: Ajv, closed: boolean): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const schema = value as Fields;
    const converted: Record<string, unknown> = {};
    for (const [keyword, given] of Object.entries(schema)) {
      if (!KEYWORDS.has(keyword)) continue;
      // An address that is empty unless it was given, as those of a deployment's status, is no URI then.
      if (keyword === 'format' && schema.default === '') continue;
      if (keyword === '$ref') converted.$ref = this.#component(String(given), ajv, closed);
      else if (keyword === 'properties') {
        converted.properties = Object.fromEntries(
          Object.entries(given as Fields).map(([name, property]) => [name, this.#convert(property, ajv, closed)]),
        );
      } else if (keyword === 'anyOf' || keyword === 'oneOf') {
        converted[keyword] = (given as unknown[]).map((part) => this.#convert(part, ajv, closed));
      } else if (keyword === 'allOf') {
        converted.allOf = (given as unknown[]).map((part) => this.#convert(part, ajv, false));
      } else if (keyword === 'items' || keyword === 'additionalProperties' || keyword === 'not') {
        converted[keyword] = this.#convert(given, ajv, closed);
      } else converted[keyword] = given;
    }
    const describesAll = converted.properties !== undefined && converted.allOf === undefined;
    if (closed && describesAll && converted.additionalProperties === undefined) converted.additionalProperties = false;
    return schema.nullable === true ? { anyOf: [{ type: 'null' }, converted] } : converted;
  }

  #component(pointer: string, ajv: Ajv, closed: boolean): string {
    const id = `${closed ? 'closed' : 'open'}:${pointer.slice('#/components/schemas/'.length)}`;
    if (!this.#added.has(ajv)) this.#added.set(ajv, new Set());
    const added = this.#added.get(ajv)!;
    if (!added.has(id)) {
      added.add(id);
      const schema = this.#convert(this.#deref({ $ref: pointer }), ajv, closed) as Fields;
      ajv.addSchema(pointer.endsWith('/release-asset') ? withStarter(schema) : schema, id);
    }
    return id;
  }

  readonly #added = new Map<Ajv, Set<string>>();
}

/** GitHub's documentation says that a failed upload leaves an asset in state `starter`, which its description forgets. */
function withStarter(schema: Fields): Fields {
  const properties = schema.properties as Fields;
  const state = properties.state as Fields & { readonly enum: readonly string[] };
  return { ...schema, properties: { ...properties, state: { ...state, enum: [...state.enum, 'starter'] } } };
}

/** A number or a text (`workflow_id`): read from a path, a number is both. */
function anyOf(schema: unknown): unknown {
  const { oneOf, ...others } = (schema ?? {}) as Fields;
  return oneOf === undefined ? schema : { ...others, anyOf: oneOf };
}

function jsonSchemaOf(holder: Fields): unknown {
  const content = holder.content as Record<string, Fields> | undefined;
  return content?.['application/json']?.schema;
}

function explain(errors: readonly ErrorObject[] | null | undefined, place: string): readonly string[] {
  return (errors ?? []).map((error) => {
    const extra = error.params as { additionalProperty?: string; allowedValues?: readonly unknown[] };
    const detail =
      extra.additionalProperty !== undefined
        ? ` (${extra.additionalProperty})`
        : extra.allowedValues !== undefined
          ? ` (${extra.allowedValues.join(', ')})`
          : '';
    return `${place}${error.instancePath} ${error.message ?? 'does not fit'}${detail}`;
  });
}
