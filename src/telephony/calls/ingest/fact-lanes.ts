import type { Command } from '../../../kernel/command.js';
import { type Clock, sleep } from '../../../kernel/clock.js';
import { streamOf } from '../../../kernel/streams.js';
import { isPassing } from '../../../platform/subscriptions/process-commands.js';
import { type OpenWork, Watermark } from '../../../platform/subscriptions/watermark.js';
import type { CallCommand } from '../../contract/call-commands.js';

export interface FactLanesOptions {
  /** Facts that wait while the event store is away, bytes (estimated); beyond it a gap must be opened. */
  readonly maxBytes: number;
  readonly retryMs: number;
}

type Dispatch = (stream: string, command: Command) => Promise<unknown>;

interface Waiting {
  readonly command: CallCommand;
  readonly work: OpenWork;
}

interface Lane {
  waiting: Waiting[];
  running: boolean;
}

const BYTES_PER_FACT = 600;

/**
 * Commands of one call in order, calls in parallel. While the event store is away they wait here and
 * are sent again with the same ids, nothing overtaking; `onOverflow` says that there was no room.
 */
export class FactLanes {
  private readonly lanes = new Map<string, Lane>();
  /** With the time at which each fact came, ms. */
  private readonly done = new Watermark<number>(0n);
  private sent = 0n;
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
    return this.done.openCount;
  }

  /** Most facts that may wait. */
  get limit(): number {
    return Math.floor(this.options.maxBytes / BYTES_PER_FACT);
  }

  /** When the oldest fact that is not recorded yet came, ms; undefined where all are. */
  get oldestAt(): number | undefined {
    return this.done.oldest;
  }

  /** False where there was no room, or the process ends: the fact is lost, and nothing may be believed on its account. */
  send(callId: string, command: CallCommand): boolean {
    if (this.stopped) return false;
    if ((this.done.openCount + 1) * BYTES_PER_FACT > this.options.maxBytes) {
      this.onOverflow();
      return false;
    }
    this.sent += 1n;
    const work = this.done.begin(this.sent, 1, this.clock.now());
    this.done.seen(this.sent);
    const lane = this.lanes.get(callId) ?? { waiting: [], running: false };
    this.lanes.set(callId, lane);
    lane.waiting.push({ command, work });
    if (!lane.running) {
      lane.running = true;
      void this.run(callId, lane);
    }
    return true;
  }

  /** Resolves when everything sent before the call is recorded or refused, whatever comes meanwhile. */
  async drained(): Promise<void> {
    const upTo = this.sent;
    while (this.done.position < upTo && !this.stopped) await sleep(this.clock, 5);
  }

  stop(): void {
    this.stopped = true;
  }

  private async run(callId: string, lane: Lane): Promise<void> {
    const stream = streamOf('call', callId);
    // What a switch tells of a call in one piece is recorded in one piece.
    await Promise.resolve();
    while (lane.waiting.length > 0 && !this.stopped) {
      const batch = lane.waiting;
      lane.waiting = [];
      const results = await Promise.allSettled(batch.map(({ command }) => this.dispatch(stream, command)));
      const again: Waiting[] = [];
      results.forEach((result, index) => {
        const fact = batch[index]!;
        // What came after a fact that is sent again was decided without it.
        if (again.length > 0 || (result.status === 'rejected' && isPassing(result.reason))) {
          again.push(fact);
          return;
        }
        fact.work.done();
        if (result.status === 'rejected') this.onRefused(callId, fact.command, result.reason);
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
