/** Where a story keeps the page of what has an address on GitHub. Addresses are relative to the story's folder. */

export const pageOf = {
  run: (id: number): string => `runs/${id}.html`,
  pullRequest: (number: number): string => `pull-requests/${number}.html`,
  /** @param moment as it was at this moment of the story; else as it is at its end */
  issue: (number: number, moment?: string): string => `issues/${number}${moment === undefined ? '' : `-${moment}`}.html`,
  check: (id: number): string => `checks/${id}.html`,
  version: (version: string): string => `versions/${version}/index.html`,
};

const PATHS: readonly (readonly [RegExp, (match: string) => string])[] = [
  [/^actions\/runs\/(\d+)(?:\/job\/\d+)?$/, (id) => pageOf.run(Number(id))],
  [/^pull\/(\d+)$/, (number) => pageOf.pullRequest(Number(number))],
  [/^issues\/(\d+)$/, (number) => pageOf.issue(Number(number))],
  [/^runs\/(\d+)$/, (id) => pageOf.check(Number(id))],
  [/^releases\/tag\/[a-z0-9-]+@(v[\d.]+)$/, pageOf.version],
];

/**
 * HTML whose links into the repository lead to the story's own pages, since the repository is on no real GitHub. What
 * has no page here stays as text.
 * @param repository `you/flights`
 * @param up from the page to the story's folder, such as `../`
 */
export function withLocalLinks(html: string, repository: string, up: string): string {
  return html.replace(/<a href="https:\/\/github\.com\/([^"]*)"([^>]*)>([\s\S]*?)<\/a>/g, (whole, path: string, more, text) => {
    if (!path.startsWith(`${repository}/`)) return whole;
    const rest = decodeURIComponent(path.slice(repository.length + 1)).replace(/[?#].*$/, '');
    for (const [pattern, page] of PATHS) {
      const match = pattern.exec(rest);
      if (match) return `<a href="${up}${page(match[1]!)}"${more}>${text}</a>`;
    }
    return text;
  });
}
