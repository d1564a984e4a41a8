import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;

/**
 * How long the machine kept this process from running, as a measure of what it does to the others: a
 * bound on time in a soak allows for it.
 */
export class MachineStalls {
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.histogram.enable();
  }

  /** Longest stall since the last look, ms. */
  longest(): number {
    const ms = this.histogram.count === 0 ? 0 : Math.max(0, this.histogram.max / 1e6 - RESOLUTION_MS);
    this.histogram.reset();
    return Math.round(ms);
  }

  stop(): void {
    this.histogram.disable();
  }
}
