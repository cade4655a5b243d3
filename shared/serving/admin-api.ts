import { z } from 'zod';

/**
 * The server's admin API as values: who serves checks requests with it, who deploys checks answers with it. Every request
 * carries `authorization: Bearer <MLOPS_SERVER_TOKEN>`; every error is `{ "error": "<one line>" }`.
 */

/** A model's name, as in the spec. */
const MODEL_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** What can be a version's name in a path and a folder's name on every system: `v1.2.0`, `sha256-0123456789ab`. */
const VERSION_NAME = /^[A-Za-z0-9]([A-Za-z0-9._+-]*[A-Za-z0-9])?$/;

export const modelNameSchema = z.string().max(100).regex(MODEL_NAME);
export const versionNameSchema = z.string().max(100).regex(VERSION_NAME);

/** Carries the sha256 of the archive that a PUT brings, as 64 hex digits. */
export const BUNDLE_HASH_HEADER = 'mlops-bundle-sha256';

/** The content type of a bundle's archive. */
export const BUNDLE_CONTENT_TYPE = 'application/gzip';

export const bundleHashSchema = z.string().regex(/^[0-9a-f]{64}$/i);

/** The paths, for callers; the server's routes are made by the same functions. */
export const ADMIN_PATHS = {
  /** GET: what is served. */
  models: '/admin/models',
  /** PUT brings a version, DELETE takes it away once nothing is in flight. */
  version: (model: string, version: string) => `/admin/models/${model}/versions/${version}`,
  /** POST sets the shares of all versions at once. */
  traffic: (model: string) => `/admin/models/${model}/traffic`,
} as const;

const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** Per cent of the requests that name no version. */
const shareSchema = z.number().min(0).max(100);

const versionStateSchema = z.object({
  version: versionNameSchema,
  /** The model's digest, as its manifest has it. */
  digest: digestSchema,
  share: shareSchema,
  loadedAt: z.iso.datetime(),
});

const modelStateSchema = z.object({ name: modelNameSchema, versions: z.array(versionStateSchema) });

/** Answer of GET /admin/models. */
export const modelsResponseSchema = z.object({ models: z.array(modelStateSchema) });

/** Answer of PUT: 201 for a new version, 200 for one that is there already with the same bytes. */
export const putResponseSchema = z.object({
  name: modelNameSchema,
  version: versionNameSchema,
  digest: digestSchema,
  share: shareSchema,
});

/** Sums of shares such as 33.3 + 33.3 + 33.4 are not exact in binary. */
const SUM_TOLERANCE = 1e-6;

/** Body of POST .../traffic: versions that it does not name get nothing. */
export const trafficRequestSchema = z.strictObject({
  shares: z
    .record(versionNameSchema, shareSchema)
    .refine((shares) => Math.abs(Object.values(shares).reduce((sum, share) => sum + share, 0) - 100) <= SUM_TOLERANCE, {
      message: 'the shares must add up to 100',
    }),
});

/** Answer of POST .../traffic: the model's new state. */
export const trafficResponseSchema = modelStateSchema;

/** Body of every answer that is no success. */
export const errorResponseSchema = z.object({ error: z.string() });

export type VersionState = z.infer<typeof versionStateSchema>;
export type ModelState = z.infer<typeof modelStateSchema>;
export type ModelsResponse = z.infer<typeof modelsResponseSchema>;
export type PutResponse = z.infer<typeof putResponseSchema>;
export type TrafficRequest = z.infer<typeof trafficRequestSchema>;
