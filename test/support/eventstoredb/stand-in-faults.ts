import type { status } from '@grpc/grpc-js';

/**
 * What goes wrong with one append. `commit`: whether it is written all the same.
 * `answer`: never comes, comes twice, comes after `delayMs`; or the stream is ended cleanly, or
 * fails with `code` (default UNAVAILABLE), or the server says that it is not ready, or that the
 * revision is wrong although its own rules would find the repeat.
 */
export interface AppendFault {
  readonly commit: boolean;
  readonly answer: 'never' | 'twice' | 'late' | 'stream-ends' | 'stream-fails' | 'not-ready' | 'wrong-revision';
  readonly delayMs?: number;
  readonly code?: status;
}

/** A server that misbehaves, or an older one. All faults are off at first. */
export class StandInFaults {
  /** False: everything is answered with "Server Is Not Ready". */
  ready = true;
  /** The server supports Append only, as versions before 21.10 do. */
  hidesBatchAppend = false;
  /** What the server supports is not said: not at all, or with this error. */
  featuresAnswer: 'never' | status | undefined;
  /** Another node is the leader: calls that need one are told so. */
  leader: { readonly host: string; readonly port: number } | undefined;
  /** Servers before 23.10 do not say that a subscription caught up. */
  saysCaughtUp = true;
  /** Up to 23.10 a live subscriber that falls 32 events behind is thrown out. */
  abortsSlowConsumers = false;
  /** Subscriptions made from now on are confirmed and never heard of again. */
  mutesSubscriptions = false;
  /** A subscription begins this many events too early, so that the reader gets them a second time. */
  resends = 0;
  /** Reads are accepted and never answered. */
  readsNeverAnswer = false;
  private appendFaults: AppendFault[] = [];
  private readFailures: status[] = [];

  /** The next appends go wrong in this way. */
  nextAppends(fault: AppendFault, times = 1): void {
    for (let i = 0; i < times; i++) this.appendFaults.push(fault);
  }

  /** The next reads and subscriptions fail with these codes. */
  nextReads(...codes: status[]): void {
    this.readFailures.push(...codes);
  }

  get pendingAppendFaults(): number {
    return this.appendFaults.length;
  }

  takeAppendFault(): AppendFault | undefined {
    return this.appendFaults.shift();
  }

  takeReadFailure(): status | undefined {
    return this.readFailures.shift();
  }
}
