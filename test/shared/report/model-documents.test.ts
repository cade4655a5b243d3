import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { modelBom } from '../../../shared/report/bom.js';
import { renderModelCard } from '../../../shared/report/model-card.js';
import { problemsOf } from './markdown-problems.js';
import { manifest } from './model-fixtures.js';
import { withOptions } from './training-fixtures.js';

const metrics = { auc: 0.7406, log_loss: 0.446 };

describe('renderModelCard', () => {
  const split = (card: string): [front: Record<string, unknown>, body: string] => {
    const [, front, body] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(card)!;
    return [parse(front!), body!];
  };

  it('has the front matter that Hugging Face requires', () => {
    const [front] = split(renderModelCard(manifest, metrics, {}));
    expect(front).toMatchObject({
      library_name: 'onnx',
      pipeline_tag: 'tabular-classification',
      metrics: ['auc', 'log_loss'],
      'model-index': [
        {
          name: 'flight-delay',
          results: [
            {
              task: { type: 'tabular-classification' },
              dataset: { name: 'flight-delay', type: 'tabular', split: 'test' },
              metrics: [
                { type: 'auc', value: 0.7406 },
                { type: 'log_loss', value: 0.446 },
              ],
            },
          ],
        },
      ],
    });
  });

  it('says what the owners say, as words', () => {
    const hostile = '# Heading\n\n- item <script>alert(1)</script> @octo/team\n\n1. one\n\n```\nfence';
    const [front, body] = split(
      renderModelCard({ ...manifest, algorithm: '"\n---\nlicense: mit' }, metrics, {
        purpose: hostile,
        owners: ['@octo/ml'],
        limitations: 'US domestic flights only.',
      }),
    );
    expect(front).not.toHaveProperty('license');
    expect(body).toContain('## Limitations\n\nUS domestic flights only.');
    expect(problemsOf(body)).toEqual([]);
    expect(body.split('\n').filter((line) => line.startsWith('# '))).toEqual(['# flight-delay']);
    expect(renderModelCard(manifest, metrics, {})).toContain('The spec states no purpose.');
  });

  it('says what the training was asked for, and what came of it', () => {
    const card = renderModelCard(withOptions.manifest, metrics, {});
    expect(problemsOf(split(card)[1])).toEqual([]);
    expect(card).toMatch(/calibration +\| isotonic, fitted on 214,212 rows \(out-of-fold predictions\), part of the graph/);
    expect(card).toMatch(/threshold +\| 0\.2871, the best of 214,212 rows \(out-of-fold predictions\) with F1 0\.5213/);
    expect(card).toMatch(/class weight +\| .*true/);
    expect(card).toContain('Cross-validation of the training rows');
    expect(renderModelCard(manifest, metrics, {})).not.toMatch(/calibration|Cross-validation|class weight/);
  });
});

describe('modelBom', () => {
  const bom = modelBom(manifest, { metrics, owners: ['octo'], limitations: 'US only' });

  it('is the same document for the same model', () => {
    expect(modelBom(manifest, { metrics, owners: ['octo'], limitations: 'US only' })).toEqual(bom);
    const other = modelBom({ ...manifest, digest: `sha256:${'1'.repeat(64)}` });
    expect(other).not.toHaveProperty('serialNumber', (bom as { serialNumber: string }).serialNumber);
  });

  it('describes the model as CycloneDX 1.6 does', () => {
    expect(JSON.parse(JSON.stringify(bom))).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: expect.stringMatching(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      metadata: {
        timestamp: '2026-11-23T10:00:00.000Z',
        component: {
          type: 'machine-learning-model',
          name: 'flight-delay',
          hashes: [{ alg: 'SHA-256', content: 'e'.repeat(64) }],
          modelCard: {
            modelParameters: { approach: { type: 'supervised' }, task: 'binary', architectureFamily: 'gbdt' },
            quantitativeAnalysis: {
              performanceMetrics: [
                { type: 'auc', value: '0.7406' },
                { type: 'log_loss', value: '0.446' },
              ],
            },
            considerations: { technicalLimitations: ['US only'] },
          },
        },
      },
    });
  });
});
