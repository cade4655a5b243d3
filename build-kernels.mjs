// Assembles shared/training/gbdt/kernels.wat (WebAssembly in its text form) into kernels-binary.ts beside it: `npm run kernels`.
// A test compares the two, so that a change of one without the other fails.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import createAssembler from 'wabt';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'shared/training/gbdt');
const LINE = 110;

/** @returns {Promise<string>} what kernels-binary.ts has to be */
export async function assembleKernels() {
  const assembler = await createAssembler();
  const text = await readFile(join(folder, 'kernels.wat'), 'utf8');
  const module = assembler.parseWat('kernels.wat', text, { simd: true, threads: true });
  const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return `/** kernels.wat, assembled by build-kernels.mjs. */
export const KERNELS =
${lines.map((line, index) => `  '${line}'${index < lines.length - 1 ? ' +' : ';'}`).join('\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(join(folder, 'kernels-binary.ts'), await assembleKernels());
}
