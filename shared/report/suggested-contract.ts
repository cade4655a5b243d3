import { Document, isCollection, isMap, isScalar, type Pair, type YAMLMap } from 'yaml';
import type { SuggestedColumn, SuggestedContract, SuggestedRule } from '../data/suggest.js';
import { cleanLine, clip } from './escape.js';

/** The section `contract` of a spec, ready to be pasted, with a comment a rule that says what was seen. */
export function renderSuggestedContract(contract: SuggestedContract, model: string): string {
  const document = new Document({
    contract: {
      ...Object.fromEntries(contract.table.map(({ key, value }) => [key, value])),
      columns: Object.fromEntries(contract.columns.map(({ name, rules }) => [name, valuesOf(rules)])),
    },
  });
  document.commentBefore = ` A contract that the data of ${clip(cleanLine(model), 60)} keeps, with slack; read it, change what you know better, and put it\n into mlops.yaml. "validate" holds the data against it.`;
  const section = document.get('contract') as YAMLMap;
  comment(section, contract.table);
  const columns = section.get('columns') as YAMLMap;
  for (const column of contract.columns) commentColumn(columns, column);
  return document.toString({ lineWidth: 0 });
}

function valuesOf(rules: readonly SuggestedRule[]): Record<string, unknown> {
  return Object.fromEntries(rules.map(({ key, value }) => [key, value]));
}

function commentColumn(columns: YAMLMap, { name, rules }: SuggestedColumn): void {
  const found = pairOf(columns, name)?.value;
  if (isMap(found)) comment(found, rules);
}

/** Lists and bounds stand on one line, the comment of a rule on the line before. */
function comment(map: YAMLMap, rules: readonly SuggestedRule[]): void {
  for (const { key, seen } of rules) {
    const pair = pairOf(map, key);
    if (!pair) continue;
    const { value } = pair;
    if (isCollection(value)) value.flow = true;
    if (seen !== '' && isScalar(pair.key)) pair.key.commentBefore = ` ${clip(cleanLine(seen), 200)}`;
  }
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => (isScalar(pair.key) ? pair.key.value : pair.key) === key);
}
