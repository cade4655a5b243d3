import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** What is wrong with the links of a story's pages. */
export interface CheckedPages {
  readonly pages: readonly string[];
  /** Links to files or places that are not there. */
  readonly broken: readonly string[];
  /** Pages that index.html does not lead to. */
  readonly unreached: readonly string[];
  /** Pages with links into the repository on GitHub, where there is none. */
  readonly outside: readonly string[];
}

/** Follows every link of every page that a story has left. */
export async function checkPages(output: string): Promise<CheckedPages> {
  const entries = await readdir(output, { recursive: true });
  const pages = entries.filter((file) => file.endsWith('.html') && !/^(repository|server)\//.test(file));
  const broken: string[] = [];
  const outside: string[] = [];
  const links = new Map<string, Set<string>>();
  for (const page of pages) {
    const html = await readFile(join(output, page), 'utf8');
    const files = new Set<string>();
    links.set(page, files);
    for (const [, href] of html.matchAll(/<(?:a|script)[^>]* (?:href|src)="([^"]*)"/g)) {
      if (/^https?:/.test(href!)) continue;
      const [path = '', anchor] = href!.split('#');
      const file = path === '' ? page : relative(output, join(output, dirname(page), decodeURIComponent(path)));
      files.add(file);
      const target = join(output, file);
      if (file.startsWith('..') || !existsSync(target)) broken.push(`${page}: ${href}`);
      else if (anchor && !(await readFile(target, 'utf8')).includes(`id="${anchor}"`)) broken.push(`${page}: ${href}`);
    }
    if (html.includes('href="https://github.com/you/')) outside.push(page);
  }
  const reached = links.get('index.html') ?? new Set();
  return { pages, broken, outside, unreached: pages.filter((page) => page !== 'index.html' && !reached.has(page)) };
}
