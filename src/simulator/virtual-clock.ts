import type { Clock, Timer } from '../kernel/clock.js';

interface Task {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

const before = (a: Task, b: Task): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);

/** Time that stands still until it is moved, in whole milliseconds: timers run in the order of their time, equal ones in the order given. */
export class VirtualClock implements Clock {
  readonly #heap: Task[] = [];
  #order = 0;

  constructor(private time: number) {}

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): Timer {
    const task: Task = { due: this.time + Math.max(0, Math.ceil(ms)), order: this.#order++, run, cancelled: false };
    this.#push(task);
    return {
      cancel: () => {
        task.cancelled = true;
      },
    };
  }

  /** When the next timer is due, or undefined where none runs. */
  get nextDue(): number | undefined {
    while (this.#heap[0]?.cancelled) this.#pop();
    return this.#heap[0]?.due;
  }

  /** Moves to the next timer and runs it; false where there is none up to `until`. */
  step(until = Infinity): boolean {
    const due = this.nextDue;
    if (due === undefined || due > until) return false;
    const task = this.#pop()!;
    this.time = Math.max(this.time, task.due);
    task.run();
    return true;
  }

  /** Runs all that is due within `ms`, each at its own time. */
  advance(ms: number): void {
    const until = this.time + ms;
    while (this.step(until));
    this.time = until;
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let at = heap.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(task, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = task;
  }

  #pop(): Task | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (!top || !last || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
