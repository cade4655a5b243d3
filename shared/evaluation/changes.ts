import type { Manifest } from '../bundle/manifest.js';
import { formatCount, formatShare } from '../core/format.js';
import type { SplitRule } from '../data/split-rule.js';
import type { Change } from './comparison.js';
import { featureText } from './feature-text.js';

/**
 * What differs between two models, for people, in the order that a reviewer asks: algorithm, params, features, target,
 * data, split, seed, inputs. Empty when nothing does. When the algorithm changed, params that only one of the two
 * algorithms has are left out: they follow from it.
 */
export function describeChanges(candidate: Manifest, champion: Manifest): Change[] {
  const sameAlgorithm = candidate.algorithm === champion.algorithm;
  return [
    ...change('algorithm', 'algorithm', champion.algorithm, candidate.algorithm),
    ...entryChanges('param', paramTexts(champion), paramTexts(candidate)).filter(
      ({ before, after }) => sameAlgorithm || (before !== undefined && after !== undefined),
    ),
    ...entryChanges('feature', featureTexts(champion), featureTexts(candidate)),
    ...change('target', 'target', targetText(champion), targetText(candidate)),
    ...change('target', 'classes', champion.classes.join(', ') || undefined, candidate.classes.join(', ') || undefined),
    ...dataChanges(candidate, champion),
    ...change('split', 'split', splitText(champion.split), splitText(candidate.split)),
    ...change('seed', 'seed', String(champion.seed), String(candidate.seed)),
    ...entryChanges('signature', inputTexts(champion), inputTexts(candidate)),
  ];
}

function change(kind: Change['kind'], name: string, before: string | undefined, after: string | undefined): Change[] {
  if (before === after) return [];
  return [{ kind, name, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
}

/** Changed and removed entries in the order of `before`, then added ones. */
function entryChanges(kind: Change['kind'], before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Change[] {
  const names = [...before.keys(), ...[...after.keys()].filter((name) => !before.has(name))];
  return names.flatMap((name) => change(kind, name, before.get(name), after.get(name)));
}

function paramTexts(manifest: Manifest): Map<string, string> {
  const texts = new Map(Object.entries(manifest.params).map(([name, value]) => [name, String(value)]));
  if (manifest.threshold !== undefined && manifest.threshold !== 0.5) texts.set('threshold', String(manifest.threshold));
  return texts;
}

function featureTexts(manifest: Manifest): Map<string, string> {
  return new Map(manifest.features.features.map((feature) => [feature.name, featureText(feature)]));
}

function targetText({ target }: Manifest): string {
  return target.sql === undefined ? target.column : `${target.column}: ${target.sql}`;
}

function dataChanges(candidate: Manifest, champion: Manifest): Change[] {
  const where = change('data', 'where', champion.data.where, candidate.data.where);
  if (candidate.data.digest === champion.data.digest) return where;
  const rows = change('data', 'rows', formatCount(champion.data.rows), formatCount(candidate.data.rows));
  const content = change('data', 'content', shortDigest(champion.data.digest), shortDigest(candidate.data.digest));
  return [...where, ...(rows.length > 0 ? rows : content)];
}

function splitText(rule: SplitRule): string {
  const by = rule.by === 'hash' ? 'hash' : `${rule.by} (${rule.column})`;
  const { validation, calibration, test } = rule.shares;
  const shares = Object.entries({ validation, calibration, test }).filter(([, share]) => share > 0);
  const texts = shares.map(([part, share]) => `${formatShare(share, Number.isInteger(share * 100) ? 0 : 1)} ${part}`);
  return [by, ...texts, ...(rule.window ? ['the newest rows alone'] : [])].join(', ');
}

function inputTexts(manifest: Manifest): Map<string, string> {
  return new Map(manifest.signature.inputs.map((input) => [input.name, input.column]));
}

function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 8);
}
