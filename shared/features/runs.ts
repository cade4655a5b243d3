import type { Table } from '../data/table.js';
import type { Feature, FeatureKind, FeatureOf } from './plan.js';
import type { FeatureNodes, Transform } from './transform.js';
import { TRANSFORMS } from './transforms/index.js';

/** Features that stand next to each other in the plan and are computed together. */
export interface Run {
  readonly features: readonly Feature[];
  /** See Transform: a column a feature. */
  values(table: Table): Float32Array[];
  /** Indices of a category; undefined for numbers. */
  levels(index: number): number | undefined;
  nodes(place: FeatureNodes): string;
}

/** The plan's features in their order, cut into runs. */
export function runsOf(features: readonly Feature[]): Run[] {
  const groups: Feature[][] = [];
  for (const feature of features) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    if (group && before && before.from === feature.from && isJoined(before, feature)) group.push(feature);
    else groups.push([feature]);
  }
  return groups.map((group) => run(group[0]!.kind, group));
}

function isJoined(before: Feature, feature: Feature): boolean {
  const { joins }: Transform<FeatureKind> = TRANSFORMS[feature.kind] as Transform<FeatureKind>;
  return before.kind === feature.kind && (joins?.(before, feature) ?? false);
}

function run<Kind extends FeatureKind>(kind: Kind, features: readonly Feature[]): Run {
  const transform: Transform<Kind> = TRANSFORMS[kind];
  const own = features as readonly FeatureOf<Kind>[];
  return {
    features,
    values: (table) => transform.values(own, table),
    levels: (index) => transform.levels?.(own[index]!),
    nodes: (place) => transform.nodes(own, place),
  };
}
