import type { TransformName } from '../../spec/transforms.js';
import type { FeatureKind } from '../plan.js';
import type { Derive, Transform } from '../transform.js';
import { deriveDifference, deriveRatio, difference, product, ratio } from './arithmetic.js';
import { bins, deriveBins, deriveQuantileBins } from './bins.js';
import { categorical } from './categorical.js';
import { clip, deriveClip } from './clip.js';
import { crossed, deriveInteraction } from './crossed.js';
import { cyclic, deriveCyclic } from './cyclic.js';
import { datePart, deriveParts } from './date-part.js';
import { daysBetween, daysSince, deriveSince } from './days-since.js';
import { deriveFrequencyEncoding, encoded } from './frequency-encoding.js';
import { deriveHashedTokens, hashedTokens } from './hashed-tokens.js';
import { deriveLength, length } from './length.js';
import { deriveLog, log } from './log.js';
import { deriveMissing, missing } from './missing.js';
import { numeric } from './numeric.js';
import { deriveOneHot, oneHot } from './one-hot.js';
import { deriveTargetEncoding } from './target-encoding.js';
import { deriveTfidf, tfidf } from './tfidf.js';

/** How the features of each kind are computed. */
export const TRANSFORMS: { readonly [Kind in FeatureKind]: Transform<Kind> } = {
  numeric,
  date_part: datePart,
  categorical,
  cyclic,
  days_since: daysSince,
  days_between: daysBetween,
  log,
  clip,
  bins,
  ratio,
  difference,
  product,
  crossed,
  length,
  hashed_tokens: hashedTokens,
  tfidf,
  target_encoding: encoded<'target_encoding'>(),
  frequency_encoding: encoded<'frequency_encoding'>(),
  missing,
  one_hot: oneHot,
};

/** How the features of each item of `features.derive` are fitted. */
export const DERIVATIONS: { readonly [Name in TransformName]: Derive } = {
  parts: deriveParts,
  cyclic: deriveCyclic,
  since: deriveSince,
  log: deriveLog,
  clip: deriveClip,
  bins: deriveBins,
  quantile_bins: deriveQuantileBins,
  ratio: deriveRatio,
  difference: deriveDifference,
  interaction: deriveInteraction,
  length: deriveLength,
  hashed_tokens: deriveHashedTokens,
  tfidf: deriveTfidf,
  target_encoding: deriveTargetEncoding,
  frequency_encoding: deriveFrequencyEncoding,
  missing: deriveMissing,
  one_hot: deriveOneHot,
};
