import { z } from 'zod';
import { columnName, duration, metricName, oneOrMore, positiveInteger, range, share } from './schema-values.js';

/** The sections of `mlops.yaml` on what happens to a model once it has been judged. */

export const registrySchema = z
  .strictObject({
    stages: z.array(z.string().min(1)).min(1).optional().describe('In their order; default: staging, production'),
    storage: z.enum(['release', 'artifact']).optional().describe('Where versions are kept'),
    publish: z
      .array(z.enum(['predictions', 'profile']))
      .optional()
      .describe('Further files that are published'),
    mlflow: z
      .strictObject({
        tracking_uri: z.string().min(1).describe('Address of the tracking server: https, or http on the same machine'),
      })
      .optional()
      .describe('Register in MLflow as well'),
    attest: z.boolean().optional().describe('Attest where the model comes from'),
  })
  .describe('Versions and stages');

export const deploySchema = z
  .strictObject({
    target: z
      .enum(['service', 'kubernetes', 'kserve', 'batch'])
      .optional()
      .describe('service: a model server that runs somewhere; kubernetes, kserve: a cluster; batch: files in, Parquet out'),
    environment: z.string().min(1).optional().describe('The environment of GitHub (default production)'),
    url: z.string().optional().describe('Where the model answers'),
    namespace: z.string().min(1).optional().describe("The cluster's namespace; default: that of the kubeconfig"),
    image: z.string().min(1).optional().describe('The image of the model server'),
    replicas: range(z.int().min(1)).optional().describe('Of the pods: at least and at most (default 1 and 3)'),
    resources: z.record(z.string(), z.unknown()).optional().describe('Requests and limits, as Kubernetes has them'),
    canary: z
      .array(z.number().min(0).max(100))
      .min(1)
      .optional()
      .describe('Percent of the traffic, step by step; the last is 100 (target: service)'),
    batch: z
      .strictObject({
        input: oneOrMore(z.string().min(1)).describe('File, glob or list, as in data.path'),
        output: z.string().min(1).describe('A .parquet file; with partition, a folder'),
        partition: columnName.optional().describe('A column whose every value gets a folder of its own'),
      })
      .optional()
      .describe('Files that are scored'),
  })
  .describe('How a version goes live');

export const monitorSchema = z
  .strictObject({
    traffic: z.string().optional().describe("The server's traffic log: its folder, or files and globs of Parquet"),
    labels: z
      .strictObject({
        path: z.string().describe('File or glob: csv tsv parquet json ndjson'),
        key: oneOrMore(columnName).describe("Columns that tell whose label it is: of the log, else the row's mlops_id"),
        delay: duration.optional().describe('Labels are complete so long after the end of a window (default none)'),
      })
      .optional()
      .describe('Files of what turned out to be true'),
    window: duration.optional().describe('The time that is looked at (default 7d)'),
    min_rows: positiveInteger.optional().describe('Windows with fewer rows decide nothing (default 500)'),
    breaches: positiveInteger.optional().describe('So many bad windows in a row are an alarm (default 2)'),
    reference: z
      .enum(['training', 'previous', 'same_season'])
      .optional()
      .describe('What a window is held against: the rows that trained (default), the windows before, or the data a year ago'),
    metrics_url: z.string().optional().describe('Where the service shows its metrics'),
    min_effect: z.number().min(0).optional().describe('Drift below this is never reported (default 0.1)'),
    alpha: share.optional().describe('Significance level (default 0.05)'),
    block: z.enum(['hour', 'day', 'week']).optional().describe('Rows within a block depend on each other (default day)'),
  })
  .describe('The health of what is live');

export const retrainSchema = z
  .strictObject({
    every: duration.optional().describe('Longest time between trainings (default 30d)'),
    when: z
      .array(
        z.union([
          z.strictObject({ drift: z.literal(true) }),
          z.strictObject({ metric: metricName, below: z.number() }),
          z.strictObject({ metric: metricName, above: z.number() }),
          z.strictObject({ new_rows: z.number().min(0) }),
        ]),
      )
      .optional()
      .describe('Reasons to train again'),
    window: z
      .union([z.literal('all'), duration])
      .optional()
      .describe('The rows that are trained on: all, or the last ones'),
    promote: z.enum(['auto', 'ask', 'never']).optional().describe('What happens to a better model'),
    cooldown: duration.optional().describe('Shortest time between trainings (default 3d)'),
    budget_minutes: z.number().min(0).optional().describe('Longest time a month'),
    tune: z.boolean().optional().describe('Search for better parameters as well'),
  })
  .describe('When the model is trained again');
