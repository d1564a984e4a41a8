import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;

/**
 * How long the machine kept processes from running that had something to do: a bound on time in a soak
 * allows for it. Exact where the system tells (Linux); else what this process has noticed itself.
 */
export class MachineStalls {
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private before: number;

  constructor(private readonly pids: readonly number[] = [process.pid]) {
    this.histogram.enable();
    this.before = this.waitedMs();
  }

  /** Since the last look, ms. */
  longest(): number {
    const waited = this.waitedMs();
    const noticed = this.histogram.count === 0 ? 0 : Math.max(0, this.histogram.max / 1e6 - RESOLUTION_MS);
    const ms = Math.max(noticed, waited - this.before);
    this.before = waited;
    this.histogram.reset();
    return Math.round(ms);
  }

  stop(): void {
    this.histogram.disable();
  }

  private waitedMs(): number {
    return this.pids.reduce((sum, pid) => sum + waitedMs(pid), 0);
  }
}

/** Time that a process's main thread was ready to run and had no processor, ms. */
const waitedMs = (pid: number): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
};
