// Prints the changelog's section of a version. Fails when the tag, package.json and the changelog do not name the same one.
import { readFileSync } from 'node:fs';

/**
 * @param {string} tag such as v1.2.0
 * @param {string} packageVersion
 * @param {string} changelog
 * @returns {string} the notes, as Markdown
 */
export function releaseNotes(tag, packageVersion, changelog) {
  if (!/^v\d+\.\d+\.\d+$/.test(tag)) throw new Error(`The tag is ${JSON.stringify(tag)}; accepted: v1.2.3.`);
  const version = tag.slice(1);
  if (packageVersion !== version) throw new Error(`The tag is ${tag}, and package.json says ${packageVersion}.`);
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split('\n', 1)[0]?.split(' ')[0] === version);
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## ${version}": rename "Unreleased".`);
  const notes = section.slice(section.indexOf('\n')).trim();
  if (notes === '') throw new Error(`CHANGELOG.md says nothing under "## ${version}".`);
  return `${notes}\n`;
}

if (process.argv[1] === import.meta.filename) {
  const read = (/** @type {string} */ name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  process.stdout.write(releaseNotes(process.argv[2] ?? '', JSON.parse(read('package.json')).version, read('CHANGELOG.md')));
}
