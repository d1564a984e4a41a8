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

/** ISO 8601 UTC with milliseconds, the only form of an instant in an event. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();

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
