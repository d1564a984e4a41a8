import type { Clock, Timer } from '../../kernel/clock.js';
import type { SwitchTime } from './switch-time.js';

interface Task {
  readonly id: number;
  readonly description: string;
  readonly group: string;
  readonly runtimeS: number;
  readonly timer: Timer;
}

/** What the scheduler needs of the switch. */
export interface SchedulerHost {
  readonly clock: Clock;
  readonly time: SwitchTime;
  jitter(most: number): number;
  fire(name: 'ADD_SCHEDULE' | 'DEL_SCHEDULE', options: { readonly after: readonly (readonly [string, string])[] }): void;
}

/** `sched_api` and its kin: tasks by number and group, run on whole seconds of the switch's clock. */
export class Scheduler {
  readonly #tasks = new Map<number, Task>();
  #nextId = 3;

  constructor(private readonly host: SchedulerHost) {}

  /** Runs `run` in `seconds`, and up to half a second late: the task thread looks twice a second. */
  add(seconds: number, group: string, description: string, run: () => void): number {
    const id = this.#nextId++;
    const now = this.host.time.nowMs();
    const runtimeS = Math.floor(now / 1000) + seconds;
    const timer = this.host.clock.after(Math.max(0, runtimeS * 1000 - now) + this.host.jitter(500), () => {
      run();
      this.#remove(id);
    });
    const task = { id, description, group, runtimeS, timer };
    this.#tasks.set(id, task);
    this.host.fire('ADD_SCHEDULE', { after: headersOf(task) });
    return id;
  }

  /** Deletes a task by its number, or all of a group; how many there were. */
  remove(idOrGroup: string): number {
    const byId = /^\d+$/.test(idOrGroup);
    const found = [...this.#tasks.values()].filter((task) => (byId ? task.id === Number(idOrGroup) : task.group === idOrGroup));
    for (const task of found) {
      task.timer.cancel();
      this.#remove(task.id);
    }
    return found.length;
  }

  clear(): void {
    for (const task of this.#tasks.values()) task.timer.cancel();
    this.#tasks.clear();
    this.#nextId = 3;
  }

  #remove(id: number): void {
    const task = this.#tasks.get(id);
    if (!task) return;
    this.#tasks.delete(id);
    this.host.fire('DEL_SCHEDULE', { after: headersOf(task) });
  }
}

const headersOf = (task: Omit<Task, 'timer'>): [string, string][] => [
  ['Task-ID', String(task.id)],
  ['Task-Desc', task.description],
  ['Task-Group', task.group],
  ['Task-Runtime', String(task.runtimeS)],
];
