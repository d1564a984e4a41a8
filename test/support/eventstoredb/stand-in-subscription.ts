import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { StandInFaults } from './stand-in-faults.js';
import type { LogEntry, StandInLog } from './stand-in-log.js';
import type { CallWriter, ReadCall } from './stand-in-reads.js';
import { caughtUp, checkpoint, confirmation, failure, streamDeleted } from './wire.js';

export interface SubscriptionPlan {
  /** Index of the first entry to look at. */
  readonly start: number;
  readonly passes: (entry: LogEntry) => boolean;
  /** A checkpoint after so many entries that were looked at; never without a filter. */
  readonly checkpointEvery: number | undefined;
  readonly toResponse: (entry: LogEntry) => ReadResp;
}

/** Pages of a catch-up, and the live buffer of servers up to 23.10. */
const PAGE = 32;

/** One subscription: catches up in pages, goes live, and falls back or is thrown out when its reader is slow. */
export class StandInSubscription {
  /** Events sent so far. */
  sent = 0;
  live = false;
  private muted: boolean;
  private cursor: number;
  private considered = 0;
  private over = false;

  constructor(
    private readonly log: StandInLog,
    private readonly faults: StandInFaults,
    private readonly call: ReadCall,
    private readonly writer: CallWriter,
    private readonly plan: SubscriptionPlan,
  ) {
    this.cursor = plan.start;
    this.muted = faults.mutesSubscriptions;
  }

  /** Ends it without an error, as a server that shuts down may. */
  endCleanly(): void {
    this.over = true;
    this.call.end();
  }

  fail(code: status, details: string): void {
    this.over = true;
    this.call.emit('error', failure(code, details));
  }

  /** It stays open and says nothing any more. */
  mute(): void {
    this.muted = true;
  }

  async run(): Promise<void> {
    let wake: (() => void) | undefined;
    const grown = (): void => {
      this.noticeOverflow();
      wake?.();
    };
    this.log.changes.on('grown', grown);
    void this.writer.ended.then(() => wake?.());
    try {
      await this.writer.send(confirmation(randomUUID()));
      while (this.writer.open && !this.over) {
        if (!this.muted && this.cursor < this.log.entries.length) {
          await (this.live ? this.sendNext() : this.sendPage());
          continue;
        }
        if (!this.muted && !this.live) {
          this.live = true;
          if (this.faults.saysCaughtUp) await this.writer.send(caughtUp());
          continue;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.log.changes.off('grown', grown);
    }
  }

  private async sendNext(): Promise<void> {
    const entry = this.log.entries[this.cursor++];
    if (entry === undefined) return;
    await this.sendEntry(entry);
    const every = this.plan.checkpointEvery;
    if (every === undefined || this.considered < every) return;
    this.considered = 0;
    await this.writer.send(checkpoint(entry.position));
  }

  /** In a catch-up, 23.10 sends a checkpoint after a page: of the page's start where nothing in it matched. */
  private async sendPage(): Promise<void> {
    const page = this.log.entries.slice(this.cursor, this.cursor + PAGE);
    const [first] = page;
    const sentBefore = this.sent;
    for (const entry of page) {
      this.cursor++;
      await this.sendEntry(entry);
      if (!this.writer.open || this.over) return;
    }
    const every = this.plan.checkpointEvery;
    const at = this.sent > sentBefore ? page.at(-1) : first;
    if (every === undefined || this.considered < every || at === undefined) return;
    this.considered = 0;
    await this.writer.send(checkpoint(at.position));
  }

  private async sendEntry(entry: LogEntry): Promise<void> {
    this.considered++;
    if (!this.plan.passes(entry)) return;
    if (entry.type === '$streamDeleted') return this.over ? undefined : void this.call.emit('error', streamDeleted(entry.stream));
    this.sent++;
    await this.writer.send(this.plan.toResponse(entry));
  }

  private noticeOverflow(): void {
    if (!this.live || !this.writer.blocked || this.log.entries.length - this.cursor <= PAGE) return;
    if (!this.faults.abortsSlowConsumers) {
      this.live = false;
      return;
    }
    this.fail(status.ABORTED, 'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.');
  }
}
