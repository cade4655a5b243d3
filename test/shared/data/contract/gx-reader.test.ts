import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gxValidation } from '../../../../shared/data/contract/expectations.js';
import { findModules } from '../../../python/packages.js';
import { cleanUp } from '../workspace.js';
import { written } from './written.js';

cleanUp();

const ABOUT = { suite: 'weather', rows: 1461, tool: 'mlops-actions', createdAt: '2026-01-01T00:00:00.000Z' };

const found = findModules(['great_expectations'], ['great_expectations']);

describe.skipIf(found.skip)(`Great Expectations reads what validate writes (${found.title})`, () => {
  const READ = `
import json, sys, logging
from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
from great_expectations.render.renderer import ValidationResultsPageRenderer
result = expectationSuiteValidationResultSchema.load(json.load(open(sys.argv[1])))
failed = [one.expectation_config.type for one in result.results if not one.success]
page = ValidationResultsPageRenderer(run_info_at_end=True).render(result)
print(json.dumps({"success": result.success, "statistics": result.statistics, "failed": failed, "sections": len(page.sections)}))
`;

  it('reads validation.gx.json and makes a page of it', async () => {
    const { results, expectations } = await written();
    const directory = mkdtempSync(join(tmpdir(), 'mlops-gx-'));
    try {
      writeFileSync(join(directory, 'v.json'), JSON.stringify(gxValidation(results, expectations, ABOUT)));
      writeFileSync(join(directory, 'read.py'), READ);
      const files = [join(directory, 'read.py'), join(directory, 'v.json')];
      const { stdout, stderr, status } = spawnSync(join(found.bin, 'python'), files, { encoding: 'utf8', cwd: directory });
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      const read = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
      const failed = results.filter(({ passed }) => !passed).length;
      expect(read).toMatchObject({
        success: false,
        statistics: { evaluated_expectations: results.length, unsuccessful_expectations: failed },
      });
      expect(read.failed).toHaveLength(failed);
      expect(read.sections).toBeGreaterThan(3);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
