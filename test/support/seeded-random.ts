import type { Random } from '../../src/kernel/clock.js';

/** A repeatable source (mulberry32). `seed` is for the message of a test that fails. */
export interface SeededRandom extends Random {
  readonly seed: number;
  /** A whole number in [from, to]. */
  between(from: number, to: number): number;
}

/** `SEED` in the environment repeats a run; otherwise `fallback`, or the clock. */
export function seededRandom(fallback: number = Date.now() % 2 ** 31): SeededRandom {
  const seed = process.env['SEED'] === undefined ? fallback : Number(process.env['SEED']);
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    uuid: () => 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', () => Math.floor(next() * 16).toString(16)),
  };
}
