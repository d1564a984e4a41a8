import { randomInt, randomUUID } from 'node:crypto';
import type { Random } from '../../kernel/clock.js';

const STEPS = 2 ** 47;

/** Randomness of the operating system. */
export const systemRandom: Random = {
  next: () => randomInt(STEPS) / STEPS,
  uuid: () => randomUUID(),
};
