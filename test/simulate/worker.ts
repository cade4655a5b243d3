import type { CaseModule, Done, Task } from './workers.js';

/** One process of a simulation: makes the cases, then runs the trials that it is sent. */
const [module, only] = process.argv.slice(2);
const { cases: casesOf } = (await import(module!)) as CaseModule;
const cases = casesOf(only!);

process.on('message', async ({ item, from, to }: Task) => {
  const started = process.cpuUsage();
  const found: (boolean | null)[][] = [];
  for (let trial = from; trial < to; trial++) {
    const results = await cases[item]!.run(trial);
    found.push(results.map((one) => one ?? null));
  }
  const { user, system } = process.cpuUsage(started);
  process.send!({ item, from, to, found, seconds: (user + system) / 1e6 } satisfies Done);
});
