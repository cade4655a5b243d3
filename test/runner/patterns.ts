/** The patterns of `branches`, `tags` and `paths` filters, and of hashFiles(). */

/**
 * GitHub's filter patterns: `*` stays within a part of a path, `**` does not, `?` and `+` repeat the character before, `[]` is a
 * set, `\` escapes.
 */
function filterExpression(pattern: string): RegExp {
  let source = '';
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index]!;
    if (character === '*') {
      const deep = pattern[index + 1] === '*';
      if (deep) index++;
      if (deep && pattern[index + 1] === '/') {
        index++;
        source += '(?:.*/)?';
      } else source += deep ? '.*' : '[^/]*';
    } else if ((character === '?' || character === '+') && source !== '') {
      source += character;
    } else if (character === '[') {
      const end = pattern.indexOf(']', index + 1);
      if (end < 0) source += '\\[';
      else {
        source += `[${pattern.slice(index + 1, end).replaceAll('\\', '\\\\')}]`;
        index = end;
      }
    } else if (character === '\\' && index + 1 < pattern.length) {
      source += escaped(pattern[++index]!);
    } else source += escaped(character);
  }
  return new RegExp(`^${source}$`);
}

function escaped(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
}

/** Whether the last pattern that fits a name takes it in; a pattern with `!` takes out. */
export function matchesFilter(patterns: readonly string[], name: string): boolean {
  let included = false;
  for (const pattern of patterns) {
    const negative = pattern.startsWith('!');
    if (filterExpression(negative ? pattern.slice(1) : pattern).test(name)) included = !negative;
  }
  return included;
}

/** The glob of hashFiles(): `?` is one character; `**` as a part of a path is any number of parts. */
function globExpression(pattern: string): RegExp {
  const source = pattern
    .split('/')
    .map((part, index, parts) => {
      if (part === '**') return index === parts.length - 1 ? '.*' : '(?:[^/]+/)*';
      const text = part.replace(/[.*+?^${}()|[\]\\]/g, (character) =>
        character === '*' ? '[^/]*' : character === '?' ? '[^/]' : `\\${character}`,
      );
      return index === parts.length - 1 ? text : `${text}/`;
    })
    .join('');
  return new RegExp(`^${source}$`);
}

/** Whether hashFiles() counts a path (relative, with `/`): patterns apply in order, `!` takes out, a folder means all below it. */
export function matchesGlobs(patterns: readonly string[], path: string): boolean {
  let included = false;
  for (const given of patterns.flatMap((lines) => lines.split('\n'))) {
    const trimmed = given.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const negative = trimmed.startsWith('!');
    const pattern = (negative ? trimmed.slice(1) : trimmed).replace(/^\.\//, '').replace(/\/$/, '');
    if (globExpression(pattern).test(path) || globExpression(`${pattern}/**`).test(path)) included = !negative;
  }
  return included;
}
