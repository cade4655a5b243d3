import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './action-files.js';

/** The floors of ARCHITECTURE.md, from its own table. */
async function floorsOfRooms(): Promise<ReadonlyMap<string, number>> {
  const page = await readFile(`${ROOT}ARCHITECTURE.md`, 'utf8');
  const rows = [...page.matchAll(/^\| (\d+) \| `([a-z]+)` \|/gm)];
  return new Map(rows.map(([, floor, room]) => [room!, Number(floor)]));
}

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(ROOT + folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

async function importsOf(file: string): Promise<Import[]> {
  const text = await readFile(ROOT + file, 'utf8');
  const statics = [...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?from\s+)?'([^']+)'/gm)];
  const dynamics = [...text.matchAll(/(typeof )?import\('([^']+)'\)/g)];
  return [...statics, ...dynamics].map(([statement, typeOnly, target]) => ({
    from: file,
    to: target!.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), target!)).replace(/\.js$/, '.ts') : target!,
    // `import { type A, type B }` brings types alone as well.
    typeOnly: typeOnly !== undefined || /^import\s*\{\s*(type\s+\w+\s*,?\s*)+\}\s*from/.test(statement),
  }));
}

const shared = await filesBelow('shared');
const imports = (await Promise.all([...shared, ...(await filesBelow('actions'))].map(importsOf))).flat();
const floors = await floorsOfRooms();
const roomOf = (file: string): string => file.split('/')[1]!;
const show = ({ from, to }: Import): string => `${from} -> ${to}`;

test('every room stands in ARCHITECTURE.md, and every room there exists', () => {
  expect([...new Set(shared.map(roomOf))].sort()).toEqual([...floors.keys()].sort());
});

test('a room imports values from lower floors only, and types also from its own', () => {
  const wrong = imports.filter(({ from, to, typeOnly }) => {
    if (!from.startsWith('shared/') || !to.startsWith('shared/') || roomOf(from) === roomOf(to)) return false;
    const [own, other] = [floors.get(roomOf(from))!, floors.get(roomOf(to))!];
    return typeOnly ? other > own : other >= own;
  });
  expect(wrong.map(show)).toEqual([]);
});

test('nothing imports an action but its own files', () => {
  const wrong = imports.filter(({ from, to }) => to.startsWith('actions/') && dirname(from) !== dirname(to));
  expect(wrong.map(show)).toEqual([]);
});

test('only runner and github know @actions/*', () => {
  const wrong = imports.filter(({ from, to }) => to.startsWith('@actions/') && !/^shared\/(runner|github)\//.test(from));
  expect(wrong.map(show)).toEqual([]);
});
