import { durationMs } from '../core/duration.js';
import type { Finding, Sections } from './checks.js';
import type { Path } from './document.js';

const BLOCK_MS = { hour: durationMs('1h'), day: durationMs('1d'), week: durationMs('1w') } as const;

/** Fewer blocks of a window hardly tell drift from what a block does by itself. */
const FEWEST_BLOCKS = 5;

const wrong = (path: Path, message: string): Finding => ({ path, message, kind: 'error' });

/** What the schema cannot say of the section `monitor`. */
export function checkMonitor({ monitor, data, target }: Sections): Finding[] {
  if (!monitor) return [];
  const findings: Finding[] = [];
  const { window = '7d', block = 'day', labels, metrics_url: url, alpha } = monitor;
  const blocks = durationMs(window) / BLOCK_MS[block];
  if (durationMs(window) < durationMs('1m')) {
    findings.push(
      wrong(['monitor', 'window'], `monitor.window: ${window} is shorter than a minute; a window is such as 7d, 1d or 6h`),
    );
  } else if (blocks < FEWEST_BLOCKS) {
    const smaller = block === 'hour' ? 'a longer window' : 'a longer window, or a smaller block, such as block: hour';
    const message =
      `monitor.window: ${window} has ${blocks < 1 ? 'less than one' : Math.floor(blocks)} ${block}${Math.floor(blocks) > 1 ? 's' : ''}, and rows of one ${block} count together: ` +
      `drift is hard to tell from an ordinary ${block}; take ${smaller}`;
    findings.push({ path: ['monitor', 'window'], message, kind: 'notice' });
  }
  if (url !== undefined && !/^https?:\/\/[^/]/i.test(url)) {
    findings.push(
      wrong(
        ['monitor', 'metrics_url'],
        `monitor.metrics_url: found ${JSON.stringify(url)}; an address begins with http:// or https://`,
      ),
    );
  }
  if (monitor.reference === 'same_season' && data && data.time === undefined) {
    const message = 'monitor.reference: same_season needs data.time, the column with the time of the event';
    findings.push(wrong(['monitor', 'reference'], message));
  }
  if (alpha === 0) findings.push(wrong(['monitor', 'alpha'], 'monitor.alpha: with 0 nothing is ever drift; usual is 0.05'));
  const key = labels && target ? [labels.key].flat().indexOf(target.column) : -1;
  if (key >= 0) {
    const message = `monitor.labels.key: ${target!.column} is the target; the key names the row, such as an id`;
    findings.push(wrong(['monitor', 'labels', 'key', ...(Array.isArray(labels!.key) ? [key] : [])], message));
  }
  return findings;
}
