import type { Clock, Timer } from '../../kernel/clock.js';
import type { Alarms } from '../observability/alarms.port.js';
import type { Checkpoints } from './checkpoints.port.js';
import { LeaseLost, type LeaseToken } from './leases.port.js';

export interface CheckpointSaverOptions {
  readonly name: string;
  readonly logId: string;
  readonly lease: LeaseToken | undefined;
  /** Least time between two writes, ms. */
  readonly everyMs: number;
  /** What has been written already. */
  readonly saved: bigint;
  /** How far it may be written now. */
  readonly position: () => bigint;
  /** Somebody else holds the lease: nothing is written any more. */
  readonly onLost: (error: LeaseLost) => void;
}

/** Writes a position that moves, not more often than needed. */
export class CheckpointSaver {
  private timer: Timer | undefined;
  private writing: Promise<void> = Promise.resolve();
  private saved: bigint;
  private ended = false;

  constructor(
    private readonly parts: { readonly checkpoints: Checkpoints; readonly clock: Clock; readonly alarms: Alarms },
    private readonly options: CheckpointSaverOptions,
  ) {
    this.saved = options.saved;
  }

  /** The position may have moved: it is written in a while. */
  soon(): void {
    if (this.ended || this.timer !== undefined || this.options.position() <= this.saved) return;
    this.timer = this.parts.clock.after(this.options.everyMs, () => {
      this.timer = undefined;
      void this.save().then(() => this.soon());
    });
  }

  /** Writes the position a last time. */
  async end(): Promise<void> {
    this.timer?.cancel();
    if (!this.ended) await this.save();
    this.ended = true;
  }

  private save(): Promise<void> {
    const { name, logId, lease } = this.options;
    this.writing = this.writing.then(async () => {
      const position = this.options.position();
      if (this.ended || position <= this.saved) return;
      try {
        await this.parts.checkpoints.save(name, { position, logId }, lease);
        this.saved = position;
      } catch (error) {
        if (error instanceof LeaseLost) {
          this.ended = true;
          this.parts.alarms.raise({ code: 'lease-lost', message: error.message });
          this.options.onLost(error);
        } else {
          this.parts.alarms.raise({ code: 'checkpoint-not-saved', message: `the checkpoint of ${name} could not be saved; it is tried again`, error });
        }
      }
    });
    return this.writing;
  }
}
