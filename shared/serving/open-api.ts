import type { Json } from '../core/json.js';
import { toolVersion } from '../core/version.js';
import { inputColumns, type Servable, type ServedColumn } from './servable.js';
import type { Settings } from './settings.js';

/** An OpenAPI 3.1 document. */
export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Json;
}

export interface Operation {
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: Json;
  readonly requestBody?: Json;
  readonly responses: Json;
  readonly security?: Json;
}

/** The document of what is served at the moment: each model's /predict has the schema of its columns. */
export function openApi(settings: Pick<Settings, 'token'>, servables: readonly Servable[]): OpenApi {
  const newest = new Map(servables.map((servable) => [servable.name, servable]));
  const paths: Record<string, Record<string, Operation>> = {};
  const only = newest.size === 1 ? [...newest.values()][0] : undefined;
  if (only) {
    paths['/predict'] = { post: predictOperation(only) };
    paths['/invocations'] = { post: invocationsOperation() };
  }
  for (const servable of newest.values()) {
    const { name } = servable;
    paths[`/models/${name}/predict`] = { post: predictOperation(servable) };
    paths[`/models/${name}/versions/{version}/predict`] = { post: { ...predictOperation(servable), parameters: [VERSION] } };
    paths[`/models/${name}/invocations`] = { post: invocationsOperation() };
    paths[`/v2/models/${name}/infer`] = { post: inferOperation(servable) };
    paths[`/v2/models/${name}`] = { get: plain('The inputs and outputs of the model', 'Open Inference Protocol') };
  }
  Object.assign(paths, INFORMATION);
  if (settings.token !== undefined) Object.assign(paths, ADMIN);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Predictions',
      version: toolVersion(),
      description: `Served: ${servables.map(({ name, version }) => `${name} ${version}`).join(', ') || 'no model yet'}.`,
    },
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

const VERSION: Json = {
  name: 'version',
  in: 'path',
  required: true,
  description: 'Reaches the version whatever its share of the traffic',
  schema: { type: 'string' },
};

const ERRORS: Record<string, Json> = Object.fromEntries(
  Object.entries({
    400: 'A row or the body is wrong; the message names the column, what was found and what is accepted',
    413: 'The body is too large',
    429: 'Too many requests are in flight; the header retry-after says when to try again',
  }).map(([code, description]) => [
    code,
    { description, content: jsonContent({ type: 'object', properties: { error: { type: 'string' } } }) },
  ]),
);

function jsonContent(schema: Json, example?: Json): Json {
  return { 'application/json': { schema, ...(example !== undefined && { example }) } };
}

function predictOperation(servable: Servable): Operation {
  const row: Json = {
    type: 'object',
    properties: Object.fromEntries(servable.columns.map((column) => [column.name, columnSchema(column)])),
    required: inputColumns(servable).map(({ name }) => name),
    additionalProperties: false,
  };
  return {
    summary: 'Predictions for rows by column name',
    tags: [servable.name],
    requestBody: {
      required: true,
      content: jsonContent(
        {
          type: 'object',
          properties: { rows: { type: 'array', items: row }, ids: { type: 'array', items: { type: 'string' } } },
          required: ['rows'],
        },
        { rows: [exampleRow(servable)] },
      ),
    },
    responses: {
      200: {
        description: 'A prediction a row',
        content: jsonContent({
          type: 'object',
          properties: {
            model: { type: 'string' },
            version: { type: 'string' },
            predictions: { type: 'array', items: predictionSchema(servable) },
          },
        }),
      },
      ...ERRORS,
    },
  };
}

function predictionSchema({ scores }: Servable): Json {
  const id: Json = { type: 'string' };
  if (!scores) return { type: 'object', properties: { id, outputs: { type: 'object' } } };
  if (scores.task === 'regression') return { type: 'object', properties: { id, prediction: { type: 'number' } } };
  const probability: Json = { type: 'number', minimum: 0, maximum: 1 };
  return {
    type: 'object',
    properties: {
      id,
      label: { type: 'string', enum: scores.classes },
      probabilities: { type: 'object', properties: Object.fromEntries(scores.classes.map((text) => [text, probability])) },
    },
  };
}

function columnSchema({ type, tensor, width }: ServedColumn): Json {
  if (width > 1) return { type: 'array', items: { type: 'number' }, minItems: width, maxItems: width };
  const types = { string: 'string', integer: 'integer', number: 'number', boolean: 'boolean' } as const;
  const isInstant = type === 'date' || type === 'timestamp';
  const missing = tensor === 'int32' || tensor === 'bool' ? [] : ['null'];
  return {
    type: [isInstant ? 'string' : types[type], ...missing],
    ...(isInstant && { format: type === 'date' ? 'date' : 'date-time' }),
    ...(tensor === undefined && { description: 'Not given to the model; logged, so that the row can be found again' }),
  };
}

function exampleRow(servable: Servable): Json {
  const values = {
    string: 'text',
    integer: 1,
    number: 1.5,
    boolean: true,
    date: '2026-01-31',
    timestamp: '2026-01-31T09:30:00Z',
  };
  return Object.fromEntries(
    inputColumns(servable).map(({ name, type, width }) => [name, width > 1 ? new Array<number>(width).fill(0) : values[type]]),
  );
}

function invocationsOperation(): Operation {
  return {
    summary: "As MLflow's scoring server: dataframe_split, dataframe_records, instances, inputs, or CSV",
    tags: ['MLflow'],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { type: 'object' } },
        'text/csv': { schema: { type: 'string' } },
      },
    },
    responses: { 200: { description: '{"predictions": [...]}' }, ...ERRORS },
  };
}

function inferOperation(servable: Servable): Operation {
  return {
    summary: `A tensor [N, 1] a column: ${inputColumns(servable)
      .map(({ name }) => name)
      .join(', ')}`,
    tags: ['Open Inference Protocol'],
    requestBody: {
      required: true,
      content: jsonContent({
        type: 'object',
        properties: {
          id: { type: 'string' },
          inputs: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                name: { type: 'string' },
                shape: { type: 'array', items: { type: 'integer' } },
                datatype: { type: 'string' },
                data: { type: 'array' },
              },
              required: ['name', 'shape', 'datatype', 'data'],
            },
          },
        },
        required: ['inputs'],
      }),
    },
    responses: { 200: { description: 'The outputs of the graph as tensors' }, ...ERRORS },
  };
}

function plain(summary: string, tag: string): Operation {
  return { summary, tags: [tag], responses: { 200: { description: summary } } };
}

const INFORMATION: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/v2/health/live': { get: plain('The server runs', 'Health') },
  '/v2/health/ready': { get: plain('Every model answers; 503 while it does not', 'Health') },
  '/ping': { get: plain('Every model answers; 503 while it does not', 'Health') },
  '/metrics': { get: plain('Metrics for Prometheus', 'Health') },
};

const admin = (summary: string): Operation => ({ ...plain(summary, 'Admin'), security: [{ token: [] }] });

const ADMIN: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/admin/models': { get: admin('Versions and their shares of the traffic') },
  '/admin/models/{name}/versions/{version}': {
    put: admin('Bring a bundle as application/gzip with its sha256 in the header mlops-bundle-sha256'),
    delete: admin('Take a version without a share away'),
  },
  '/admin/models/{name}/traffic': { post: admin('Divide the traffic: {"shares": {"v1.0.0": 90, "v1.1.0": 10}}') },
};
