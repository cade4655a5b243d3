import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Location } from '../../shared/core/errors.js';
import { UserError } from '../../shared/core/errors.js';
import { shownName } from '../../shared/data/column-names.js';
import type { Dataset } from '../../shared/data/dataset.js';
import type { DriftReport } from '../../shared/data/drift/report.js';
import { driftContract, driftRuleOf } from '../../shared/data/drift/rules.js';
import type { DataProfile } from '../../shared/data/reference-profile.js';
import type { RuleResult } from '../../shared/data/validation.js';
import { noReferenceText } from '../../shared/report/drift.js';
import { cleanLine } from '../../shared/report/escape.js';
import type { Annotation } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import { type CountedRows, checkCounted, checkDrift, type DriftFound, profileData, profileOf } from './drift.js';
import { atReference, findReference, type KnownCount, type NothingYet, type ReferencePlace } from './reference.js';

export interface AgainstReference {
  readonly drift?: DriftReport;
  /** Rows of the reference, where the whole of the data is held against it. */
  readonly referenceRows?: number;
  /** Why there is nothing yet to hold the data against. */
  readonly noReference?: string;
  readonly rules: readonly RuleResult[];
  readonly warnings: readonly string[];
  readonly annotations: readonly Annotation[];
  /** Where the profile of the data is; empty when none was asked for. */
  readonly profilePath: string;
}

/** Of many drifted columns only the worst are annotated: the rest is in the summary. */
const MOST_ANNOTATIONS = 10;

/** Holds the data against the input `reference`, and keeps its profile for later runs. */
export async function againstReference(
  dataset: Dataset,
  given: readonly string[],
  place: ReferencePlace,
): Promise<AgainstReference> {
  const { loaded, services, directory } = place;
  const contract = driftContract(loaded.spec);
  if (given.length === 0 && !contract) return NOTHING;
  if (given.length === 0) {
    services.progress('counting the data for later runs');
    return withoutReference(await keepProfile(directory, await profileData(dataset)), place);
  }
  const reference = await findReference(given, place);
  if (reference.kind === 'nothing') {
    return nothingYet(reference, await keepProfile(directory, await profileData(dataset)), place);
  }
  if (reference.kind === 'count') {
    const profilePath = contract ? await keepProfile(directory, await profileData(dataset)) : '';
    return withCount(reference, contract !== undefined, profilePath);
  }
  try {
    services.progress(`holding the data against ${reference.kind === 'previous' ? 'its window before' : reference.shown}`);
    const found = await checkDrift(dataset, reference, loaded);
    if ('kind' in found) return nothingYet(found, await keepProfile(directory, await profileData(dataset)), place);
    return await concluded(found, reference.kind, place);
  } catch (error) {
    if (reference.kind !== 'data') throw error;
    // Its files may be read only now, where they are.
    const blamed = await reference.dataset.blame(error);
    throw blamed === error ? error : atReference(blamed, loaded);
  } finally {
    if (reference.kind === 'data') reference.dataset.close();
  }
}

/** The same, of rows that shards have counted like the reference. */
export async function countedAgainstReference(
  data: Pick<Dataset, 'spec' | 'schema'>,
  counted: CountedRows | undefined,
  given: readonly string[],
  place: ReferencePlace,
): Promise<AgainstReference> {
  const { loaded, directory } = place;
  const contract = driftContract(loaded.spec);
  const keep = async (): Promise<string> =>
    contract && counted ? keepProfile(directory, profileOf(data, counted.distribution)) : '';
  if (given.length === 0) return contract ? withoutReference(await keep(), place) : NOTHING;
  const reference = await findReference(given, { ...place, inShards: true });
  if (reference.kind === 'nothing') {
    return nothingYet(reference, counted ? await keepProfile(directory, profileOf(data, counted.distribution)) : '', place);
  }
  if (reference.kind === 'count') return withCount(reference, contract !== undefined, await keep());
  if (!counted || reference.kind === 'previous' || reference.kind === 'data') {
    throw new UserError(
      'Input "reference" is given here, and the shards had none: give the jobs of all shards the same "reference" as this one.',
    );
  }
  return concluded(await checkCounted(data, counted, reference, loaded), reference.kind, place);
}

const NOTHING: AgainstReference = { rules: [], warnings: [], annotations: [], profilePath: '' };

/** Keeps the profile of the data for later runs. @returns where */
async function keepProfile(directory: string, profile: DataProfile): Promise<string> {
  const file = join(workDirectory(directory), 'data-profile.json');
  await mkdir(workDirectory(directory), { recursive: true });
  await writeFile(file, `${JSON.stringify(profile)}\n`);
  return file;
}

/** Rules that nothing can check: an oversight, and no reason to call the data without contract. */
function withoutReference(profilePath: string, { loaded }: ReferencePlace): AgainstReference {
  const noReference =
    'the contract has rules about drift, and the input "reference" of this step names what the data is held against';
  const message =
    'The rules about drift were not checked: the input "reference" of this step names what the data is held against.';
  const annotations = [{ level: 'warning', message, location: loaded.locate(['contract']) }] as const;
  return { ...NOTHING, noReference, annotations, profilePath };
}

function withCount({ shown, rows }: KnownCount, hasRules: boolean, profilePath: string): AgainstReference {
  const warning = `The contract has rules about drift, and they were not checked: ${shown} knows only how many rows there were.`;
  return { ...NOTHING, referenceRows: rows, warnings: hasRules ? [warning] : [], profilePath };
}

function nothingYet({ why }: NothingYet, profilePath: string, { loaded }: ReferencePlace): AgainstReference {
  return {
    ...NOTHING,
    ...{ noReference: why, profilePath },
    annotations: [{ level: 'notice', message: noReferenceText(why), location: locationOf(loaded) }],
  };
}

/** Where the spec speaks of drift. */
function locationOf(loaded: LoadedSpec): Location {
  return loaded.locate(driftContract(loaded.spec)?.drift ? ['contract', 'drift'] : ['data']);
}

async function concluded(
  { report, rules, profile }: DriftFound,
  kind: DriftReport['reference']['kind'],
  { loaded, directory }: ReferencePlace,
): Promise<AgainstReference> {
  const ruled = (column: string): boolean => driftRuleOf(loaded.spec, column) !== undefined;
  const location = locationOf(loaded);
  const annotations = [
    ...report.columns
      .filter(({ drifted, from }) => drifted && !ruled(from))
      .map(({ name, detail }) => `drift of ${shownName(name)}: ${detail}`),
    ...report.schemaChanges.map(({ column, detail }) => `column ${shownName(column)}: ${detail}`),
  ].slice(0, MOST_ANNOTATIONS);
  return {
    drift: report,
    ...(kind !== 'previous' && { referenceRows: report.reference.rows }),
    rules,
    warnings: report.notices,
    annotations: annotations.map((message) => ({ level: 'warning', message: cleanLine(message), location })),
    profilePath: await keepProfile(directory, profile),
  };
}
