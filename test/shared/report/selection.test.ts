import { expect, test } from 'vitest';
import type { FeatureSelection } from '../../../shared/bundle/selection.js';
import { selectionSection, selectionText } from '../../../shared/report/selection.js';

const selection: FeatureSelection = {
  method: 'permutation',
  offered: 9,
  dropped: [
    { feature: 'one', reason: 'constant' },
    { feature: 'twin', reason: 'duplicate', of: 'age' },
    { feature: 'near', reason: 'correlated', of: 'age', value: 0.9876 },
    { feature: 'weak', reason: 'importance', value: 0.0012 },
    { feature: 'luck', reason: 'chance', value: 0.03 },
    { feature: 'rest', reason: 'count', value: 0.02 },
  ],
  kept: [{ feature: 'age', value: 0.9 }],
  validation: { metric: 'rmse', all: 12.5, kept: 12.75 },
};

test('every reason has its words, and the cost stands in the head', () => {
  expect(selectionText(selection)).toBe('3 of 9 features kept, RMSE on the validation rows 12.500 with all, 12.750 with these');
  const section = selectionSection(selection);
  expect(section.replaceAll(' %', '%')).toMatch(/importance by permutation on validation rows \|\n.*\n\| `age` +\| +90\.0% \|/);
  for (const [feature, why] of [
    ['one', 'one value in all training rows'],
    ['twin', 'the values of `age`'],
    ['near', 'correlation 0.988 with `age`'],
    ['weak', '0.1% of the importance is too little'],
    ['luck', '3.0% of the importance is what shuffled targets give as well'],
    ['rest', '2.0% of the importance, and enough others have more'],
  ]) {
    expect(section.replaceAll(' %', '%')).toMatch(new RegExp(`\\| \`${feature}\` +\\| ${why} +\\|`));
  }
});

test('names are shown as names, and long lists end', () => {
  const hostile = '<img src=x>|`a`\n# b';
  const many = Array.from({ length: 300 }, (_, index) => ({ feature: `${hostile}${index}`, reason: 'constant' as const }));
  const section = selectionSection({ method: 'gain', offered: 301, dropped: many, kept: [{ feature: hostile, value: 1 }] });
  expect(section).not.toContain('<img');
  expect(section).not.toContain('\n# b');
  expect(section).toContain('200 more');
  expect(selectionSection({ method: 'gain', offered: 3, dropped: [] })).toContain('Nothing was dropped.');
  expect(selectionSection(undefined)).toBe('');
});

test('a feature that stays only because a model needs one is told before anything else', () => {
  const spared = { feature: 'a|b', reason: 'chance', value: 0.4 } as const;
  const dropped = [{ feature: 'c', reason: 'chance', value: 0.3 }] as const;
  const section = selectionSection({ method: 'null_importance', offered: 2, dropped, spared });
  expect(section).toMatch(
    /^> \[!WARNING\]\n> None of the 2 features passes the selection\. <code>a&#124;b<\/code> stays because a model needs one: 40\.0 %/,
  );
  expect(selectionText({ method: 'null_importance', offered: 2, dropped, spared })).toBe(
    '1 of 2 features kept (though none passes, since a model needs one)',
  );
  const only = selectionSection({ method: 'null_importance', offered: 1, dropped: [], spared });
  expect(only).toContain('The only feature does not pass the selection.');
});
