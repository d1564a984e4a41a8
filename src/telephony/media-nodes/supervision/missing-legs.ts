import { msOf } from '../../../kernel/clock.js';
import type { LiveLeg, LiveLegs } from '../../calls/ingest/live-legs.fold.js';
import type { NodeSnapshot } from '../../ports/node-listener.port.js';

/** A leg that is gone though nobody said so; it ended between the two times, ISO 8601 UTC, our clock. */
export interface Absent {
  readonly leg: LiveLeg;
  readonly earliest: string;
  readonly latest: string;
}

/** Legs that were missing in a list of the node's channels: an event on its way may still tell their end, so that one list proves nothing. */
export class MissingLegs {
  /** When each was first missed. */
  private readonly since = new Map<string, string>();
  /** When all legs of then were last known to live. */
  private allSeenAt: string | undefined;

  constructor(
    private readonly nodeId: string,
    private readonly legs: LiveLegs,
  ) {}

  /** All legs that are believed to live were seen at that time. */
  compared(at: string): void {
    this.since.clear();
    this.allSeenAt = at;
  }

  /** Nothing is missing. */
  none(): void {
    this.since.clear();
  }

  /** Those that were missing in the list before and are missing in this one, and of which nothing waits to be told. */
  async look(snapshot: NodeSnapshot): Promise<Absent[]> {
    const present = new Set(snapshot.channels.map(({ channelId }) => channelId));
    const gone: Absent[] = [];
    let missed = 0;
    for (const leg of this.legs.onNode(this.nodeId)) {
      // It lived at that time: that it was missing before says nothing about its end.
      if (present.has(leg.legId)) this.since.delete(leg.legId);
      // One that appeared while the list was taken may not be in it.
      if (present.has(leg.legId) || msOf(leg.createdAt) >= msOf(snapshot.takenAt)) continue;
      const since = this.since.get(leg.legId);
      if (since === undefined) {
        this.since.set(leg.legId, snapshot.takenAt);
        missed += 1;
        continue;
      }
      const absent = await snapshot.confirmAbsent(leg.legId);
      if (!absent) this.since.delete(leg.legId);
      if (!absent || this.legs.get(leg.legId) === undefined) continue;
      gone.push({ leg, earliest: this.allSeenAt === undefined || msOf(this.allSeenAt) < msOf(leg.createdAt) ? leg.createdAt : this.allSeenAt, latest: since });
      this.since.delete(leg.legId);
    }
    if (missed === 0 && gone.length === 0) this.compared(snapshot.takenAt);
    return gone;
  }
}
