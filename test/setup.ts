import fc from 'fast-check';

// Property tests draw the same cases in every run, so that a run that decides over a change can be repeated.
// FAST_CHECK_SEED=random explores; a number repeats what a failure printed.
const seed = process.env.FAST_CHECK_SEED ?? '1';
if (seed !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
