import { msOf } from '../../src/kernel/clock.js';
import { idOf } from '../../src/kernel/streams.js';
import type { EventLog } from '../../src/platform/event-store/event-log.js';
import type { StoredEvent } from '../../src/platform/event-store/event-store.port.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import type { Truth } from '../../src/simulator/index.js';

const TYPES = ['CallStarted', 'CallEnded', 'LegStarted', 'LegEnded', 'LegMoved', 'CallEnqueued', 'CallDequeued', 'AgentContactStarted', 'AgentContactEnded', 'AgentReserved', 'AgentReleased', 'AgentOnCall', 'AgentOffCall'];
const PAGE = 20_000;

/** Longest that the engine may need to follow what truly happens while all is well, ms. */
const FOLLOWS_WITHIN_MS = 2_000;

/**
 * Compares what the log believes now with what truly is, by the simulator's own record: calls that are
 * over and go on in the log, callers for whom nobody does anything, agents who are kept by a call that
 * is over. The log is read on from where the last look ended.
 */
export class StuckThings {
  private after = 0n;
  private readonly started = new Set<string>();
  private readonly ended = new Set<string>();
  /** Live legs of each call, as the log believes. */
  private readonly legs = new Map<string, Set<string>>();
  private readonly queued = new Set<string>();
  private readonly inContact = new Set<string>();
  /** Call and time of what keeps an agent, by what it is. */
  private readonly keeps = new Map<string, { readonly callId: string; readonly since: number }>();

  constructor(
    private readonly log: EventLog,
    private readonly truth: Truth,
    private readonly ringTimeoutMs: number,
  ) {}

  /** One line for each thing that is stuck now, of all calls or of those that began before a time, ms. */
  async now(before = Infinity): Promise<string[]> {
    await this.readOn();
    const now = systemClock.now();
    const isLater = (callId: string): boolean => (this.truth.legs.get(callId)?.createdUs ?? 0) / 1000 >= before;
    const isOver = (endedUs: number | undefined): boolean => endedUs !== undefined && now - endedUs / 1000 > FOLLOWS_WITHIN_MS;
    const found: string[] = [];
    for (const callId of this.started) {
      if (this.ended.has(callId) || isLater(callId)) continue;
      const legs = [callId, ...(this.legs.get(callId) ?? [])].map((legId) => this.truth.legs.get(legId));
      if (legs.every((leg) => leg === undefined || isOver(leg.endedUs))) found.push(`call ${callId} is over and has no end`);
    }
    for (const call of this.truth.calls) {
      const age = now - call.createdUs / 1000;
      if (call.endedUs !== undefined || age < FOLLOWS_WITHIN_MS || isLater(call.channelId) || this.isElsewhere(call.channelId)) continue;
      if (!this.started.has(call.channelId)) found.push(`caller ${call.channelId} is not known after ${Math.round(age)} ms`);
      else if (!this.queued.has(call.channelId) && !this.inContact.has(call.channelId)) {
        const lately = call.bridges.at(-1)?.toUs;
        if (call.bridges.at(-1) === undefined || isOver(lately)) found.push(`caller ${call.channelId} is neither in a queue nor in contact with an agent`);
      }
    }
    for (const [what, { callId, since }] of this.keeps) {
      if (isLater(callId)) continue;
      const call = this.truth.legs.get(callId);
      if (call === undefined || isOver(call.endedUs)) found.push(`${what} goes on though its call ${callId} is over`);
      else if (what.startsWith('reservation') && now - since > this.ringTimeoutMs + 8_000) found.push(`${what} goes on for ${now - since} ms`);
    }
    return found;
  }

  /** Somewhere on the switch where it is nobody's but the dialplan's: the fallback, an announcement, an emergency call. */
  private isElsewhere(channelId: string): boolean {
    const leg = this.truth.legs.get(channelId);
    return leg !== undefined && (this.truth.outcomeOf(leg) === 'stranded' || leg.transfers.length > 0);
  }

  private async readOn(): Promise<void> {
    for (;;) {
      const page = await this.log.store.readAll({ after: this.after, maxCount: PAGE, filter: { types: TYPES } });
      for (const event of page) this.take(event);
      this.after = page.at(-1)?.position ?? this.after;
      if (page.length < PAGE) return;
    }
  }

  private take({ type, stream, data, metadata }: StoredEvent): void {
    const id = idOf(stream);
    const { legId = '', offerId, segmentId = '', callId = '' } = data as { legId?: string; offerId?: string | null; segmentId?: string; callId?: string };
    switch (type) {
      case 'CallStarted':
        this.started.add(id);
        return;
      case 'CallEnded':
        this.ended.add(id);
        return;
      case 'LegStarted':
        this.legs.set(id, (this.legs.get(id) ?? new Set<string>()).add(legId));
        return;
      case 'LegEnded':
      case 'LegMoved':
        this.legs.get(id)?.delete(legId);
        return;
      case 'CallEnqueued':
        this.queued.add(id);
        return;
      case 'CallDequeued':
        this.queued.delete(id);
        return;
      case 'AgentContactStarted':
        this.inContact.add(id);
        return;
      case 'AgentContactEnded':
        this.inContact.delete(id);
        return;
      case 'AgentReserved':
        this.keeps.set(`reservation ${offerId} of ${id}`, { callId, since: msOf(String((metadata as { occurredAt: string }).occurredAt)) });
        return;
      case 'AgentReleased':
        this.keeps.delete(`reservation ${offerId} of ${id}`);
        return;
      case 'AgentOnCall':
        this.keeps.delete(`reservation ${offerId} of ${id}`);
        this.keeps.set(`contact ${segmentId} of ${id}`, { callId, since: 0 });
        return;
      case 'AgentOffCall':
        this.keeps.delete(`contact ${segmentId} of ${id}`);
        return;
      default:
    }
  }
}
