import { type Clock, type Random, within } from '../../kernel/clock.js';
import type { CdrPoster, SwitchCdr } from '../../simulator/index.js';

/** Whoever takes a CDR that a switch posts, or one that was collected from its spool. */
export interface CdrTaker {
  takeCdr(cdr: SwitchCdr, collected: boolean): Promise<void>;
}

/** What goes wrong with CDRs on their way: shares of them, and how late one comes at most, ms. */
export interface CdrTrouble {
  readonly lost: number;
  readonly twice: number;
  readonly late: number;
  readonly lateMs: number;
}

const ANSWER_MS = 10_000;
const RETRY_MS = 5_000;
const COLLECT_EVERY_MS = 30_000;

/**
 * The way of a switch's own CDRs, as mod_json_cdr goes it: posted when the leg is over, once more after
 * a while, then spooled; what is spooled is collected on the switch's host until somebody takes it.
 */
export class CdrPosts implements CdrPoster {
  trouble: CdrTrouble | undefined;
  private readonly spool: SwitchCdr[] = [];
  private collecting = false;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly takers: () => readonly CdrTaker[],
  ) {}

  post(cdr: SwitchCdr): void {
    const { lost = 0, twice = 0, late = 0, lateMs = 0 } = this.trouble ?? {};
    if (this.random.next() < lost) return;
    const copies = this.random.next() < twice ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) this.clock.after(this.random.next() < late ? lateMs * this.random.next() : 20 * this.random.next(), () => void this.attempt(cdr, 1));
  }

  private async attempt(cdr: SwitchCdr, left: number): Promise<void> {
    if (await this.isTaken(cdr, false)) return;
    if (left > 0) {
      this.clock.after(RETRY_MS, () => void this.attempt(cdr, left - 1));
      return;
    }
    this.spool.push(cdr);
    this.collectLater();
  }

  private collectLater(): void {
    if (this.collecting) return;
    this.collecting = true;
    this.clock.after(COLLECT_EVERY_MS, () => void this.collect());
  }

  private async collect(): Promise<void> {
    for (const cdr of [...this.spool]) if (await this.isTaken(cdr, true)) this.spool.splice(this.spool.indexOf(cdr), 1);
    this.collecting = false;
    if (this.spool.length > 0) this.collectLater();
  }

  private async isTaken(cdr: SwitchCdr, collected: boolean): Promise<boolean> {
    const takers = this.takers();
    const taker = takers[Math.floor(this.random.next() * takers.length)];
    if (taker === undefined) return false;
    let taken = false;
    await within(this.clock, ANSWER_MS, taker.takeCdr(cdr, collected).then(() => (taken = true)));
    return taken;
  }
}
