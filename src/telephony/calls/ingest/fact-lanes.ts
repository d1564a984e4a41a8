import type { Command } from '../../../kernel/command.js';
import { type Clock, sleep } from '../../../kernel/clock.js';
import { DomainError } from '../../../kernel/errors.js';
import { streamOf } from '../../../kernel/streams.js';
import type { CallCommand } from '../../contract/call-commands.js';

export interface FactLanesOptions {
  /** Facts that wait while the event store is away, bytes (estimated); beyond it a gap must be opened. */
  readonly maxBytes: number;
  readonly retryMs: number;
}

type Dispatch = (stream: string, command: Command) => Promise<unknown>;

interface Lane {
  waiting: CallCommand[];
  running: boolean;
}

const BYTES_PER_FACT = 600;

/**
 * Commands of one call in order, calls in parallel. While the event store is away they wait here and
 * are sent again with the same ids, nothing overtaking; `onOverflow` says that there was no room.
 */
export class FactLanes {
  private readonly lanes = new Map<string, Lane>();
  private held = 0;
  private stopped = false;

  constructor(
    private readonly dispatch: Dispatch,
    private readonly clock: Clock,
    private readonly options: FactLanesOptions,
    private readonly onOverflow: () => void,
    private readonly onRefused: (callId: string, command: CallCommand, error: unknown) => void,
  ) {}

  /** Facts that wait for the store or are on their way to it. */
  get pending(): number {
    return this.held;
  }

  send(callId: string, command: CallCommand): void {
    if (this.stopped) return;
    if ((this.held + 1) * BYTES_PER_FACT > this.options.maxBytes) {
      this.onOverflow();
      return;
    }
    this.held += 1;
    const lane = this.lanes.get(callId) ?? { waiting: [], running: false };
    this.lanes.set(callId, lane);
    lane.waiting.push(command);
    if (!lane.running) {
      lane.running = true;
      void this.run(callId, lane);
    }
  }

  /** Resolves when everything sent so far is recorded or refused. */
  async drained(): Promise<void> {
    while (this.held > 0 && !this.stopped) await sleep(this.clock, 5);
  }

  stop(): void {
    this.stopped = true;
  }

  private async run(callId: string, lane: Lane): Promise<void> {
    const stream = streamOf('call', callId);
    while (lane.waiting.length > 0 && !this.stopped) {
      const batch = lane.waiting;
      lane.waiting = [];
      const results = await Promise.allSettled(batch.map((command) => this.dispatch(stream, command)));
      const again: CallCommand[] = [];
      results.forEach((result, index) => {
        const command = batch[index]!;
        if (result.status === 'fulfilled') this.held -= 1;
        else if (result.reason instanceof DomainError && result.reason.kind === 'unavailable') again.push(command);
        else {
          this.held -= 1;
          this.onRefused(callId, command, result.reason);
        }
      });
      if (again.length > 0) {
        lane.waiting = [...again, ...lane.waiting];
        await sleep(this.clock, this.options.retryMs);
      }
    }
    lane.running = false;
    this.lanes.delete(callId);
  }
}
