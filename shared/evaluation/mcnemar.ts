import { type OwnShare, upperTail } from './binomial.js';
import type { ChiSquare, McNemar } from './comparison.js';
import type { PairedCounts } from './paired-share.js';
import { normalCdf } from './statistics.js';

/**
 * McNemar's test (1947) of the rows that only one of two models gets right, in the three forms that are in use. The rows have to be
 * independent of each other and count alike. A verdict does not come from here but from the interval of the primary metric; that of
 * accuracy and recall excludes 0 exactly where the mid-p form is small enough (see pairedShareInterval).
 * @returns undefined where no row speaks for either model
 */
export function mcnemarOf(counts: Pick<PairedCounts, 'wins' | 'losses'>): McNemar | undefined {
  const { wins, losses } = counts;
  const changes = wins + losses;
  if (changes === 0) return undefined;
  const apart = Math.abs(wins - losses);
  return {
    exactP: mcnemarP(counts, 1),
    corrected: chiSquare(Math.max(0, apart - 1) ** 2 / changes),
    uncorrected: chiSquare(apart ** 2 / changes),
  };
}

/**
 * McNemar's two-sided p-value: the chance, were a row as likely to change for the better as for the worse, of changes that are
 * at least as lopsided. The mid-p form (own = 0.5) keeps its level where the exact one is needlessly strict (Fagerland,
 * Lydersen and Laake 2013).
 */
export function mcnemarP({ wins, losses }: Pick<PairedCounts, 'wins' | 'losses'>, own: OwnShare): number {
  return Math.min(1, 2 * upperTail(Math.max(wins, losses), wins + losses, 0.5, own));
}

/** (|wins − losses| − correction)² / (wins + losses), where the correction (Edwards 1948) is 1 or 0 and does not turn the sign, as in R. */
function chiSquare(statistic: number): ChiSquare {
  // One degree of freedom: the square of a standard normal number.
  return { statistic, p: 2 * normalCdf(-Math.sqrt(statistic)) };
}
