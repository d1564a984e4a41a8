/** A running timer; `cancel` after it fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** All time comes from here. Milliseconds since the Unix epoch. */
export interface Clock {
  now(): number;
  /** Runs `task` once after `ms` milliseconds (0 or more). */
  after(ms: number, task: () => void): Timer;
}

/** All randomness comes from here, so that a seed repeats a run. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A UUID made from this source. */
  uuid(): string;
}

const SECONDS_KEPT = 64;
const seconds = new Array<number>(SECONDS_KEPT).fill(Number.NaN);
const texts = new Array<string>(SECONDS_KEPT).fill('');
const MILLISECONDS = Array.from({ length: 1_000 }, (_, ms) => `.${String(ms).padStart(3, '0')}Z`);

/**
 * ISO 8601 UTC with milliseconds, the only form of an instant in an event. A call takes hundreds of
 * them, most in the same few seconds, whose texts are kept.
 */
export const isoTime = (ms: number): string => {
  const whole = Math.trunc(ms);
  const second = Math.floor(whole / 1_000);
  const place = Math.abs(second) % SECONDS_KEPT;
  if (seconds[place] !== second) {
    texts[place] = new Date(second * 1_000).toISOString().slice(0, -5);
    seconds[place] = second;
  }
  return `${texts[place] ?? ''}${MILLISECONDS[whole - second * 1_000] ?? ''}`;
};

/** Milliseconds since the epoch of an ISO 8601 time. */
export const msOf = (iso: string): number => Date.parse(iso);

/** Resolves after `ms` on the given clock. */
export const sleep = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

/** Whether `task` was done (or failed) before `ms` had passed; it goes on all the same. */
export const within = (clock: Clock, ms: number, task: Promise<unknown>): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = clock.after(ms, () => resolve(false));
    const done = (): void => {
      timer.cancel();
      resolve(true);
    };
    task.then(done, done);
  });
