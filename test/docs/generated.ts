import { readFile } from 'node:fs/promises';
import { markdownTable } from 'markdown-table';
import { specJsonSchemaText } from '../../shared/spec/json-schema.js';
import { type ActionFile, ROOT, readActions } from './action-files.js';

/**
 * Everything in the repository that is made from something else: the tables of the actions' READMEs and the JSON
 * Schema of the spec.
 * @returns file name below the root -> the text that it should hold
 */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const [name, action] of await readActions()) {
    const file = `actions/${name}/README.md`;
    files.set(file, withTables(await readFile(ROOT + file, 'utf8'), action, file));
  }
  files.set('shared/spec/mlops.schema.json', specJsonSchemaText());
  return files;
}

const BEGIN = '<!-- generated from action.yml by "npm run docs" -->';
const END = '<!-- end of generated -->';

function withTables(readme: string, action: ActionFile, file: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for its tables: put ${BEGIN} and ${END} into it`);
  const inputs = Object.entries(action.inputs).map(([name, { description, default: fallback, required }]) => [
    `\`${name}\``,
    cell(description),
    required ? '**required**' : fallback ? `\`${fallback}\`` : '',
  ]);
  const outputs = Object.entries(action.outputs).map(([name, { description }]) => [`\`${name}\``, cell(description)]);
  const tables = [
    '## Inputs',
    markdownTable([['input', 'what it is', 'default'], ...inputs], { alignDelimiters: false, padding: true }),
    '## Outputs',
    markdownTable([['output', 'what it is'], ...outputs], { alignDelimiters: false, padding: true }),
  ];
  return `${readme.slice(0, begin)}${BEGIN}\n\n${tables.join('\n\n')}\n\n${readme.slice(end)}`;
}

function cell(text: string): string {
  return text.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|');
}
