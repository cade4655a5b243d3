import { describe, expect, it } from 'vitest';
import { jobOf, openWorkbench, printed, runOnce } from './workbench.js';

const CHECKOUT = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1';

describe('runEvent', () => {
  it('runs steps with outputs, environment, path and summary', async () => {
    const result = await runOnce(
      `
name: CI
on: push
env: { LEVEL: workflow, SHARED: workflow }
jobs:
  one:
    runs-on: ubuntu-latest
    env: { LEVEL: job }
    outputs: { answer: '\${{ steps.make.outputs.answer }}', text: '\${{ steps.make.outputs.text }}' }
    steps:
      - uses: ${CHECKOUT}
      - id: make
        env: { LEVEL: step }
        run: |
          cat data.txt
          echo "$LEVEL $SHARED \${{ env.LEVEL }}"
          echo "answer=42" >> "$GITHUB_OUTPUT"
          printf 'text<<END\\na\\nb=c\\nEND\\n' >> "$GITHUB_OUTPUT"
          echo "LATER=kept" >> "$GITHUB_ENV"
          mkdir tools && printf '#!/bin/sh\\necho tool\\n' > tools/hello && chmod +x tools/hello
          echo "$PWD/tools" >> "$GITHUB_PATH"
          echo '# Summary' >> "$GITHUB_STEP_SUMMARY"
      - run: echo "$LATER $LEVEL"; hello
  two:
    needs: one
    runs-on: ubuntu-latest
    steps:
      - run: echo "\${{ needs.one.outputs.answer }} \${{ needs.one.result }} $TEXT"
        env: { TEXT: '\${{ toJSON(needs.one.outputs.text) }}' }
`,
      { files: { 'data.txt': 'rows\n' } },
    );
    expect(result.error).toBeUndefined();
    const one = jobOf(result, 'one');
    expect(one.steps.map((step) => [step.conclusion, step.log])).toMatchObject([
      ['success', expect.anything()],
      ['success', expect.anything()],
      ['success', expect.anything()],
    ]);
    expect(printed(one)).toContain('rows\nstep workflow step');
    expect(printed(one)).toContain('kept job\ntool');
    expect(one.outputs).toEqual({ answer: '42', text: 'a\nb=c' });
    expect(one.summaries).toEqual(['# Summary\n']);
    expect(printed(jobOf(result, 'two'))).toContain('42 success "a\\nb=c"');
    expect(result.conclusion).toBe('success');
  });
});
