import { performance } from 'node:perf_hooks';
import type { Timer } from '../../../kernel/clock.js';

/** What an exchange needs of the socket that carries it: that of the machine, or one in memory. */
export interface EslTransport {
  readonly closed: boolean;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  once(event: 'close', listener: () => void): unknown;
  setNoDelay(on: boolean): unknown;
  cork(): void;
  uncork(): void;
  end(): unknown;
  destroy(): unknown;
}

/** How long answers take is measured by a clock that nobody sets. Milliseconds. */
export interface EslTiming {
  now(): number;
  after(ms: number, task: () => void): Timer;
  /** After everything that is under way. */
  soon(task: () => void): void;
}

export const MACHINE_TIMING: EslTiming = {
  now: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (task) => void setImmediate(task),
};
