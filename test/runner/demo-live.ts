import { createLiveView } from '/work/main/test/runner/live.js';
import { openWorkbench } from '/work/main/test/runner/workbench.js';
const bench = await openWorkbench({ '.github/workflows/ci.yml': `
name: Model CI
on: push
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
      - name: Validate
        run: for i in 1 2 3; do echo "rule $i"; sleep 0.3; done
      - name: Train
        run: for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do echo "round $i/13  auc 0.71$i  日本語 a very long line that would wrap in a narrow terminal if it were not cut by the view, really"; sleep 0.5; done
      - name: Never
        if: failure()
        run: exit 1
  other:
    strategy: { matrix: { size: [small, large] }, fail-fast: false }
    runs-on: ubuntu-latest
    steps:
      - run: sleep 2; echo ::error::The gate auc at 0.71; test \${{ matrix.size }} = small
  report:
    needs: [judge]
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    steps:
      - run: echo hi
` });
const view = createLiveView(process.stdout);
await bench.push({ onProgress: view, parallel: 3 });
await bench.close();
console.log('after');
