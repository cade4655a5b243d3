import type { Manifest } from '../bundle/manifest.js';

/** What two models must share to be judged on the same rows by the same labels. */
type Comparable = Pick<Manifest, 'task' | 'target' | 'classes'> & { readonly data: Pick<Manifest['data'], 'where'> };

/**
 * Why two models cannot be compared whatever the rows are, for people; undefined when they can. Split rules that
 * differ are no reason: the rows that both held out judge.
 */
export function incomparableReason(candidate: Comparable, champion: Comparable): string | undefined {
  if (candidate.task !== champion.task) return `the task changed: was ${champion.task}, is ${candidate.task}`;
  const was = definitionOf(champion.target);
  const is = definitionOf(candidate.target);
  if (was !== is) return `the target changed: was \`${was}\`, is \`${is}\``;
  if (candidate.task === 'binary' && candidate.classes.at(-1) !== champion.classes.at(-1)) {
    return `the positive class changed: was ${quote(champion.classes.at(-1))}, is ${quote(candidate.classes.at(-1))}`;
  }
  const gone = champion.classes.filter((name) => !candidate.classes.includes(name));
  const added = candidate.classes.filter((name) => !champion.classes.includes(name));
  if (gone.length > 0 || added.length > 0) {
    const parts = [
      ...(added.length > 0 ? [`${added.map(quote).join(', ')} added`] : []),
      ...(gone.length > 0 ? [`${gone.map(quote).join(', ')} removed`] : []),
    ];
    return `the classes changed: ${parts.join(', ')}`;
  }
  const [rowsWere, rowsAre] = [conditionOf(champion), conditionOf(candidate)];
  if (rowsWere !== rowsAre) return `the rows changed: data.where was ${rowsWere}, is ${rowsAre}`;
  return undefined;
}

/** The expression that derives the target, else its column; white space outside of quotes does not count. */
function definitionOf(target: Manifest['target']): string {
  return target.sql === undefined ? target.column : squeeze(target.sql);
}

function conditionOf(model: Comparable): string {
  return model.data.where === undefined ? 'absent' : `\`${squeeze(model.data.where)}\``;
}

function squeeze(sql: string): string {
  return sql
    .split(/('(?:[^']|'')*'|"(?:[^"]|"")*")/)
    .map((piece, index) => (index % 2 === 1 ? piece : piece.replace(/\s+/g, ' ')))
    .join('')
    .trim();
}

function quote(name: string | undefined): string {
  return JSON.stringify(name ?? '');
}
