import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shownName } from '../../shared/data/column-names.js';
import type { Dataset } from '../../shared/data/dataset.js';
import type { DriftReport } from '../../shared/data/drift/report.js';
import { driftContract, driftRuleOf } from '../../shared/data/drift/rules.js';
import type { RuleResult } from '../../shared/data/validation.js';
import { noReferenceText } from '../../shared/report/drift.js';
import { cleanLine } from '../../shared/report/escape.js';
import type { Annotation } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { checkDrift, profileData } from './drift.js';
import { findReference, type NothingYet, type ReferencePlace } from './reference.js';

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
  if (given.length === 0 && !contract) return { rules: [], warnings: [], annotations: [], profilePath: '' };
  const file = join(workDirectory(directory), 'data-profile.json');
  const keep = async (profile: unknown): Promise<string> => {
    await mkdir(workDirectory(directory), { recursive: true });
    await writeFile(file, `${JSON.stringify(profile)}\n`);
    return file;
  };
  if (given.length === 0) {
    services.progress('counting the data for later runs');
    const profilePath = await keep(await profileData(dataset));
    const warning =
      'The contract has rules about drift, and they were not checked: the input "reference" of this step names what the data is held against.';
    return { rules: [], warnings: [warning], annotations: [], profilePath };
  }
  const location = loaded.locate(contract?.drift ? ['contract', 'drift'] : ['data']);
  const nothing = ({ why }: NothingYet, profilePath: string): AgainstReference => ({
    ...{ noReference: why, rules: [], warnings: [], profilePath },
    annotations: [{ level: 'notice', message: noReferenceText(why), location }],
  });
  const reference = await findReference(given, place);
  if (reference.kind === 'nothing') return nothing(reference, await keep(await profileData(dataset)));
  if (reference.kind === 'count') {
    const warning = `The contract has rules about drift, and they were not checked: ${reference.shown} knows only how many rows there were.`;
    const profilePath = contract ? await keep(await profileData(dataset)) : '';
    return { referenceRows: reference.rows, rules: [], warnings: contract ? [warning] : [], annotations: [], profilePath };
  }
  try {
    services.progress(`holding the data against ${reference.kind === 'previous' ? 'its window before' : reference.shown}`);
    const found = await checkDrift(dataset, reference, loaded);
    if ('kind' in found) return nothing(found, await keep(await profileData(dataset)));
    const { report, rules, profile } = found;
    const ruled = (column: string): boolean => driftRuleOf(loaded.spec, column) !== undefined;
    const annotations = [
      ...report.columns
        .filter(({ drifted, from }) => drifted && !ruled(from))
        .map(({ name, detail }) => `drift of ${shownName(name)}: ${detail}`),
      ...report.schemaChanges.map(({ column, detail }) => `column ${shownName(column)}: ${detail}`),
    ].slice(0, MOST_ANNOTATIONS);
    return {
      drift: report,
      ...(reference.kind !== 'previous' && { referenceRows: report.reference.rows }),
      rules,
      warnings: report.notices,
      annotations: annotations.map((message) => ({ level: 'warning', message: cleanLine(message), location })),
      profilePath: await keep(profile),
    };
  } finally {
    if (reference.kind === 'data') reference.dataset.close();
  }
}
