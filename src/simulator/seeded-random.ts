import type { Random } from '../kernel/clock.js';

const hex = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(8, '0').slice(0, digits);

/** Spreads a seed of any text or number over 32 bits (FNV-1a). */
export const seedOf = (seed: string | number): number => {
  let hash = 0x811c9dc5;
  for (const char of String(seed)) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  return hash >>> 0;
};

/** A small generator (mulberry32): the same seed gives the same sequence on every machine. Not for secrets. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: string | number) {
    this.#state = seedOf(seed);
  }

  next(): number {
    return this.#word() / 4294967296;
  }

  uuid(): string {
    const variant = (0x8 | (this.#word() >>> 30)).toString(16);
    return `${hex(this.#word(), 8)}-${hex(this.#word(), 4)}-4${hex(this.#word(), 3)}-${variant}${hex(this.#word(), 3)}-${hex(this.#word(), 8)}${hex(this.#word(), 4)}`;
  }

  /** An independent generator, so that one part's draws do not shift another's. */
  fork(name: string): SeededRandom {
    return new SeededRandom(`${this.#state}/${name}`);
  }

  #word(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
}
