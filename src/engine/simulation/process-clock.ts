import type { Clock, Timer } from '../../kernel/clock.js';

/**
 * Time as one process has it: its wall clock may be off, it may stand still while the world goes on,
 * and when it dies nothing that it planned happens any more.
 */
export class ProcessClock implements Clock {
  /** How far this machine's wall clock is ahead of the true time, ms. */
  offsetMs = 0;
  private pausedUntil = -Infinity;
  private gone = false;

  constructor(private readonly world: Clock) {}

  get dead(): boolean {
    return this.gone;
  }

  now(): number {
    return this.world.now() + this.offsetMs;
  }

  after(ms: number, task: () => void): Timer {
    if (this.gone) return { cancel: () => undefined };
    let timer: Timer;
    const run = (): void => {
      if (this.gone) return;
      const left = this.pausedUntil - this.world.now();
      if (left > 0) timer = this.world.after(left, run);
      else task();
    };
    timer = this.world.after(ms, run);
    return { cancel: () => timer.cancel() };
  }

  /** Stands still for so long, as a process that is not scheduled, or a machine that is suspended. */
  pause(ms: number): void {
    this.pausedUntil = this.world.now() + ms;
  }

  die(): void {
    this.gone = true;
  }
}
