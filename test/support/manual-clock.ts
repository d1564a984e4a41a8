import type { Clock, Random, Timer } from '../../src/kernel/clock.js';

interface Task {
  readonly dueAt: number;
  readonly order: number;
  readonly run: () => void;
}

/** Lets everything that is ready run: promises, and what they lead to, but no timer. */
export const settle = async (rounds = 3): Promise<void> => {
  for (let i = 0; i < rounds; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  private readonly tasks = new Set<Task>();
  private order = 0;

  constructor(private time = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): Timer {
    const task: Task = { dueAt: this.time + Math.max(0, ms), order: (this.order += 1), run };
    this.tasks.add(task);
    return { cancel: () => void this.tasks.delete(task) };
  }

  /** Number of timers that run. */
  get pending(): number {
    return this.tasks.size;
  }

  /** Moves time on, running each timer at its own time and letting what follows from it settle. */
  async advance(ms: number): Promise<void> {
    const target = this.time + ms;
    await settle();
    for (let next = this.next(target); next !== undefined; next = this.next(target)) {
      this.tasks.delete(next);
      this.time = Math.max(this.time, next.dueAt);
      next.run();
      await settle(1);
    }
    this.time = target;
    await settle();
  }

  private next(target: number): Task | undefined {
    let first: Task | undefined;
    for (const task of this.tasks) {
      if (task.dueAt <= target && (first === undefined || task.dueAt < first.dueAt || (task.dueAt === first.dueAt && task.order < first.order))) first = task;
    }
    return first;
  }
}

/** The same seed gives the same numbers (mulberry32). */
export class SeededRandom implements Random {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  uuid(): string {
    const hex = Array.from({ length: 32 }, (_, i) => (i === 12 ? 4 : i === 16 ? 8 + this.below(4) : this.below(16)).toString(16)).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}
