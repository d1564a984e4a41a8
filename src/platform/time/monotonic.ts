import { performance } from 'node:perf_hooks';

/** Milliseconds since some moment, with fractions; never set back. For measuring how long something took, and nothing else. */
export const monotonicMs = (): number => performance.now();
