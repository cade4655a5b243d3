import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { aucInfluence, stratifiedError } from '../../../shared/evaluation/delong.js';
import { pairSamples } from '../../../shared/evaluation/pair.js';
import type { ClassSample } from '../../../shared/evaluation/sample.js';
import { normalCdf } from '../../../shared/evaluation/statistics.js';
import { binaryPredictions } from './sample-data.js';

interface Scene {
  readonly name: string;
  readonly labels: readonly number[];
  readonly candidate: readonly number[];
  readonly champion: readonly number[];
  readonly auc: readonly [candidate: number, champion: number];
  readonly variance: readonly [candidate: number, champion: number];
  readonly z: number;
  readonly p: number;
}

const golden = JSON.parse(readFileSync(new URL('./golden/delong.json', import.meta.url), 'utf8')) as {
  readonly pROC: string;
  readonly scenes: readonly Scene[];
};

describe(`DeLong's test is that of pROC ${golden.pROC}`, () => {
  test.each(golden.scenes)('$name', (scene) => {
    expectSame(delong(scene.labels, scene.candidate, scene.champion), scene);
  });
});

/** R's interpreter, where there is one. */
const R = process.env.RSCRIPT ?? 'Rscript';

/** The patients of pROC's own data set, which has a licence of its own and is read where it is installed. */
const patients = readPatients();

describe.skipIf('missing' in patients)(
  `on pROC's own data set${'missing' in patients ? ` (skipped: ${patients.missing}; Debian: r-base-core r-cran-proc)` : ''}`,
  () => {
    const { poor, wfns, s100b, ndka } = patients as Patients;

    test('the published figures hold', () => {
      const [areaOfWfns, areaOfS100b, areaOfNdka] = [0.823678861788618, 0.731368563685637, 0.611957994579946];
      const [ofWfns, ofS100b, ofNdka] = [0.00146991470882363, 0.00266868245717244, 0.0031908105493913];
      expectSame(delong(poor, wfns, s100b), {
        ...{ auc: [areaOfWfns, areaOfS100b], variance: [ofWfns, ofS100b], z: 2.20898359144091, p: 0.0271757822291882 },
      });
      expectSame(delong(poor, wfns, ndka), {
        ...{ auc: [areaOfWfns, areaOfNdka], variance: [ofWfns, ofNdka], z: 2.79777591868904, p: 0.00514557970691098 },
      });
    });
  },
);

type Found = Pick<Scene, 'auc' | 'variance' | 'z' | 'p'>;

function expectSame(found: Found, expected: Found): void {
  const numbers = ({ auc, variance, z, p }: Found): number[] => [...auc, ...variance, z, p];
  for (const [at, value] of numbers(found).entries()) expect(value / numbers(expected)[at]!).toBeCloseTo(1, 9);
}

function delong(labels: readonly number[], candidate: readonly number[], champion: readonly number[]): Found {
  const pair = pairSamples({
    labels: { task: 'binary', classes: ['no', 'yes'], values: Int32Array.from(labels) },
    ...{ candidate: binaryPredictions(candidate), champion: binaryPredictions(champion) },
  });
  const own = pair.candidate as ClassSample;
  const [one, other] = [aucInfluence(own), aucInfluence(pair.champion as ClassSample)];
  const apart = one.influence.map((value, row) => value - other.influence[row]!);
  const z = (one.auc - other.auc) / stratifiedError(apart, own);
  return {
    auc: [one.auc, other.auc],
    variance: [stratifiedError(one.influence, own) ** 2, stratifiedError(other.influence, own) ** 2],
    ...{ z, p: 2 * normalCdf(-Math.abs(z)) },
  };
}

interface Patients {
  readonly poor: readonly number[];
  readonly wfns: readonly number[];
  readonly s100b: readonly number[];
  readonly ndka: readonly number[];
}

function readPatients(): Patients | { readonly missing: string } {
  const script =
    'suppressPackageStartupMessages(library(pROC)); data(aSAH); for (column in list(aSAH$outcome == "Poor", aSAH$wfns, aSAH$s100b, aSAH$ndka)) cat(as.numeric(column), "\\n")';
  try {
    const output = execFileSync(R, ['-e', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [poor, wfns, s100b, ndka] = output
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number));
    return { poor: poor!, wfns: wfns!, s100b: s100b!, ndka: ndka! };
  } catch {
    return { missing: 'no Rscript with pROC on PATH' };
  }
}
