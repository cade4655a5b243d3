import type { Feature } from '../features/plan.js';

/** What a feature is, for people; what was fitted (levels, edges, weights) follows from the data and is left out. */
export function featureText(feature: Feature): string {
  switch (feature.kind) {
    case 'numeric':
    case 'categorical':
      return feature.from === feature.name ? feature.kind : `${feature.kind}, from ${feature.from}`;
    case 'date_part':
      return `${feature.part} of ${feature.from}`;
    case 'cyclic':
      return `${feature.wave === 'sin' ? 'sine' : 'cosine'} of the ${feature.part} of ${feature.from}`;
    case 'days_since':
      return `days of ${feature.from} since ${day(feature.origin)}`;
    case 'days_between':
      return `days of ${feature.from[0]} since ${feature.from[1]}`;
    case 'log':
      return `log(1 + ${feature.from})`;
    case 'clip':
      return `${feature.from} held ${[
        ...(feature.min === undefined ? [] : [`at ${feature.min} and above`]),
        ...(feature.max === undefined ? [] : [`at ${feature.max} and below`]),
      ].join(', ')}`;
    case 'bins':
      return `bin of ${feature.from}, of ${feature.edges.length + 1}`;
    case 'ratio':
      return feature.from.join(' / ');
    case 'difference':
      return feature.from.join(' - ');
    case 'product':
      return feature.from.join(' × ');
    case 'crossed':
      return `${feature.from.join(' and ')} joined`;
    case 'length':
      return `length of ${feature.from}`;
    case 'hashed_tokens':
      return `words of ${feature.from}, bucket ${feature.bucket} of ${feature.buckets}`;
    case 'tfidf':
      return `TF-IDF of ${feature.word} in ${feature.from}`;
    case 'target_encoding':
      return feature.ofClass === undefined
        ? `mean target of ${feature.from}`
        : `share of ${feature.ofClass} of ${feature.from}`;
    case 'frequency_encoding':
      return `frequency of ${feature.from}`;
    case 'missing':
      return `${feature.from} is missing`;
    case 'one_hot':
      return `${feature.from} is ${feature.level}`;
  }
}

/** The day of a moment; a whole time where it is not midnight. */
function day(origin: string): string {
  const iso = new Date(Number(BigInt(origin) / 1000n)).toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso;
}
