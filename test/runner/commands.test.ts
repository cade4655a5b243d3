import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ANNOTATIONS, parseCommand, StepOutput } from './commands.js';
import { Masks } from './masks.js';

function output(): { step: StepOutput; masks: Masks } {
  const masks = new Masks();
  return { masks, step: new StepOutput({ masks, debug: false, onLine: () => {} }) };
}

describe('workflow commands', () => {
  it('reads properties and escapes', () => {
    expect(parseCommand('::error file=a%2Cb.ts,line=3,title=x%3Ay::one%0Atwo%25')).toEqual({
      name: 'error',
      properties: { file: 'a,b.ts', line: '3', title: 'x:y' },
      message: 'one\ntwo%',
    });
    expect(parseCommand('  ::GROUP::a::b')).toEqual({ name: 'group', properties: {}, message: 'a::b' });
    expect(parseCommand('a ::error::b')).toBeUndefined();
  });

  it('reads back what @actions/core would write', () => {
    const property = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), property, (message, title) => {
        const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
        const escaped = data(title).replaceAll(':', '%3A').replaceAll(',', '%2C');
        expect(parseCommand(`::notice title=${escaped}::${data(message)}`)).toEqual({
          name: 'notice',
          properties: { title },
          message,
        });
      }),
    );
  });

  it('keeps annotations with their place, ten of each level', () => {
    const { step } = output();
    for (let index = 0; index < 12; index++) step.line(`::warning file=a.yaml,line=${index + 1},col=2::w${index}`);
    step.line('::error::once');
    expect(step.annotations.filter(({ level }) => level === 'warning')).toHaveLength(MAX_ANNOTATIONS);
    expect(step.annotations[0]).toEqual({ level: 'warning', message: 'w0', file: 'a.yaml', line: 1, column: 2 });
    expect(step.annotations.at(-1)).toEqual({ level: 'error', message: 'once' });
    expect(step.lines).toContain('##[warning]w11');
    step.annotate('notice', 'x'.repeat(5000));
    expect(step.annotations.at(-1)?.message).toHaveLength(4096);
  });

  it('hides what is masked, in every line and annotation after it', () => {
    const { step, masks } = output();
    masks.add('s3cret"line\nsecond');
    step.line('::add-mask::token-123');
    step.line('a token-123 s3cret"line b second c czNjcmV0ImxpbmU= {"k":"s3cret\\"line"}');
    step.line('::error title=token-123::bad token-123');
    expect(step.lines).toEqual(['a *** *** b *** c *** {"k":"***"}', '##[error]bad ***']);
    expect(step.annotations).toEqual([{ level: 'error', message: 'bad ***', title: '***' }]);
    step.line('::add-mask:: ');
    expect(step.annotations.at(-1)?.level).toBe('warning');
  });

  it('stops and starts commands, and refuses the old ones', () => {
    const { step } = output();
    const said = step.startProcess();
    for (const line of ['::stop-commands::halt', '::error::text', '::halt::', '::set-output name=a::1', '::debug::hidden'])
      step.line(line);
    expect(step.lines[0]).toBe('::error::text');
    expect(step.annotations.map(({ level }) => level)).toEqual(['warning']);
    expect(said.outputs).toEqual({ a: '1' });
    step.line('::set-env name=PATH::/x');
    expect(said.refused).toMatch(/disabled/);
    expect(step.lines.join()).not.toContain('hidden');
  });
});
