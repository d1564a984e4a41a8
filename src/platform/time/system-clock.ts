import type { Clock, Timer } from '../../kernel/clock.js';

/** The machine's clock. Its timers keep the process alive only if they are cancelled or fire. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms: number, task: () => void): Timer {
    const timer = setTimeout(task, Math.max(0, ms));
    return { cancel: () => clearTimeout(timer) };
  },
};
