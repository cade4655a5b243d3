/** One line of metrics. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/;
const LABEL = /\s*([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;

/**
 * Reads Prometheus' text format (version 0.0.4): comments, time stamps and lines of another form are left out. Labels'
 * escapes (`\\`, `\"`, `\n`) are taken back.
 */
export function parseMetrics(text: string): readonly MetricSample[] {
  return text.split('\n').flatMap((line) => {
    const match = LINE.exec(line);
    const labels = match && parseLabels(match[2] ?? '');
    const value = match && numberOf(match[3]!);
    return labels && value !== null && value !== undefined ? [{ name: match[1]!, labels, value }] : [];
  });
}

/** The sum of a metric's samples whose labels are these. 0 of none, as of a counter that nothing has counted yet. */
export function sumOf(
  samples: readonly MetricSample[],
  name: string,
  labels: Readonly<Record<string, string>>,
  where: (labels: Readonly<Record<string, string>>) => boolean = () => true,
): number {
  const wanted = Object.entries(labels);
  return samples
    .filter((sample) => sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value))
    .filter((sample) => where(sample.labels))
    .reduce((sum, { value }) => sum + value, 0);
}

function parseLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    if (!match) return undefined;
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

function numberOf(text: string): number | undefined {
  if (/^[+]?Inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-Inf$/i.test(text)) return Number.NEGATIVE_INFINITY;
  if (/^NaN$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}
