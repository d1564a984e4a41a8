import type pg from 'pg';
import { msOf } from '../../src/kernel/clock.js';
import type { StoredEvent } from '../../src/platform/event-store/event-store.port.js';
import type { EventLog } from '../../src/platform/event-store/event-log.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { versionName } from '../../src/platform/subscriptions/projection-batch.js';
import type { Projection } from '../../src/platform/subscriptions/projection.js';

export interface Gap {
  /** When events of the switch may have been missed, ms. */
  readonly from: number;
  /** Infinity while it lasts. */
  readonly to: number;
}

const PAIRS = [
  'CallStarted', 'CallEnded', 'SwitchActionRequested', 'SwitchActionSucceeded', 'SwitchActionFailed', 'SwitchActionOutcomeUnknown', 'AgentReserved', 'AgentReleased', 'AgentOnCall', 'AgentOffCall', 'AgentWrapUpStarted',
  'AgentWrapUpEnded',
];
const PAGE = 5_000;

/** What a test reads out of the log and the tables while others write: each event once, however often it asks. */
export class LogWatch {
  private readonly open = new Set<string>();
  private readonly reservationOf = new Map<string, string>();
  private position = 0n;

  constructor(
    readonly log: EventLog,
    readonly database: Database,
  ) {}

  /** Events of one type, decoded. */
  async events(type: string) {
    return this.log.decode(await this.log.store.readAll({ after: 0n, maxCount: 100_000, filter: { types: [type] } }));
  }

  async rows<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.database.query<Row>(sql, values)).rows;
  }

  /** Calls, agents and deeds that have begun and have no end. */
  async openThings(): Promise<string[]> {
    for (;;) {
      const page = await this.log.store.readAll({ after: this.position, maxCount: PAGE, filter: { types: PAIRS } });
      for (const event of page) this.note(event);
      this.position = page.at(-1)?.position ?? this.position;
      if (page.length < PAGE) return [...this.open];
    }
  }

  /** The events of the first call or shift among the streams, for a failure's message. */
  async historyOfFirst(open: readonly string[]): Promise<string[]> {
    const stream = open.find((each) => /^(call|agentShift)-/.test(each));
    if (stream === undefined) return [];
    return (await this.log.readStream(stream)).map(({ type, metadata, data, recordedAt }) => `  ${recordedAt.slice(17)} ${metadata.occurredAt.slice(17)} ${type} ${JSON.stringify(data).slice(0, 160)}`);
  }

  /** Read models whose checkpoint, of the version given, is not at the log's end. */
  async behind(projections: readonly Projection[]): Promise<string[]> {
    const head = await this.log.store.head();
    const rows = await this.rows<{ of: string; position: string }>(`SELECT name || ' v' || version AS of, position FROM trunkline_projections`);
    const at = new Map(rows.map(({ of, position }) => [of, BigInt(position)]));
    return projections.map(versionName).filter((of) => (at.get(of) ?? 0n) < head).map((of) => `${of} is at ${at.get(of)} of ${head}`);
  }

  /** As the log says it. */
  async gaps(): Promise<Gap[]> {
    const closed = new Map((await this.events('MediaNodeGapClosed')).map(({ data }) => [(data as { gapId: string }).gapId, msOf((data as { to: string }).to)]));
    return (await this.events('MediaNodeGapOpened')).map(({ data }) => {
      const { gapId, from } = data as { gapId: string; from: string };
      return { from: msOf(from), to: closed.get(gapId) ?? Infinity };
    });
  }

  private note({ type, stream, data }: StoredEvent): void {
    const { open, reservationOf } = this;
    const { actionId, shiftId, offerId, segmentId } = data as { actionId?: string; shiftId?: string; offerId?: string | null; segmentId?: string };
    if (type === 'CallStarted') open.add(stream);
    else if (type === 'CallEnded') open.delete(stream);
    else if (type === 'SwitchActionRequested') open.add(`deed ${String(actionId)}`);
    else if (type.startsWith('SwitchAction')) open.delete(`deed ${String(actionId)}`);
    if (type === 'AgentReserved') {
      open.add(`reservation of ${String(shiftId)}`);
      reservationOf.set(String(shiftId), String(offerId));
    }
    if (type === 'AgentReleased' || (type === 'AgentOnCall' && reservationOf.get(String(shiftId)) === offerId)) open.delete(`reservation of ${String(shiftId)}`);
    if (type === 'AgentOnCall' || type === 'AgentWrapUpStarted') open.add(`${type === 'AgentOnCall' ? 'contact' : 'wrap-up'} ${String(segmentId)} of ${String(shiftId)}`);
    if (type === 'AgentOffCall' || type === 'AgentWrapUpEnded') open.delete(`${type === 'AgentOffCall' ? 'contact' : 'wrap-up'} ${String(segmentId)} of ${String(shiftId)}`);
  }
}
