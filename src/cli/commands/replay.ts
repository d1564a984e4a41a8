import { callHistory } from '../../../projections/call-history/call-history.projection.js';
import type { Json, Recorded, RecordedEvent } from '../../kernel/event.js';
import { categoryOf, streamOf } from '../../kernel/streams.js';
import type { EventLog } from '../../platform/event-store/event-log.js';
import { batchOf } from '../../platform/subscriptions/projection-parking.js';
import { prepareProjection, type PreparedProjection } from '../../platform/subscriptions/projection-batch.js';
import { loadedRow } from '../../platform/subscriptions/projection-values.js';
import type { ProjectionState } from '../../platform/subscriptions/projection-store.js';
import type { Row } from '../../platform/subscriptions/projection.js';
import type { CallEvent } from '../../telephony/contract/call-events.js';
import { OperatorError } from '../shared/operator-error.js';
import { atWorkplace, type Environment, type Workplace } from '../shared/workplace.js';

/** The rows of one call, by table, in the order of their keys, each as the one text that is compared. */
type Cdr = ReadonlyMap<string, readonly string[]>;

interface Told {
  readonly tenantId: string;
  /** Everything that the call's CDR is made of: its own stream, and the wrap-ups in its agents' shifts. */
  readonly events: readonly RecordedEvent[];
  /** What else its agents' shifts have, in which causes are found. */
  readonly around: readonly RecordedEvent[];
}

const read = async (log: EventLog, callId: string): Promise<Told> => {
  const own = await log.readStream(streamOf('call', callId));
  if (own.length === 0) throw new OperatorError(`there is no call ${callId} in this log; its id is the uuid of its first leg's channel`);
  const shifts = new Set((own as Recorded<CallEvent>[]).flatMap((event) => (event.type === 'OfferMade' ? [event.data.shiftId] : [])));
  const around: RecordedEvent[] = [];
  for (const shiftId of shifts) around.push(...(await log.readStream(streamOf('agentShift', shiftId))));
  const wrapUps = around.filter(({ type, data }) => callHistory.eventTypes.includes(type) && (data as { readonly callId?: string }).callId === callId);
  return { tenantId: own[0]?.metadata.tenantId ?? '', events: [...own, ...wrapUps].sort((a, b) => (a.position < b.position ? -1 : 1)), around };
};

const textOf = (row: Readonly<Row>): string => JSON.stringify(row);

const derive = (log: EventLog, prepared: PreparedProjection, events: readonly RecordedEvent[]): Cdr => {
  const batch = batchOf(prepared, log, events);
  batch.apply();
  return new Map(batch.tables.map((rows) => [rows.table.spec.name, rows.upserts().map(textOf).sort()]));
};

/** The served rows, and the position that they have come to, in one snapshot. */
const serve = ({ projections }: Workplace, prepared: PreparedProjection, tenantId: string, callId: string): Promise<{ readonly state: ProjectionState | undefined; readonly cdr: Cdr }> =>
  projections.database.transaction(
    async (tx) => {
      const states = await projections.states(tx, [callHistory.name], callHistory.version);
      const cdr = new Map<string, readonly string[]>();
      if (states[0] === undefined) return { state: undefined, cdr };
      for (const table of prepared.tables) {
        const { rows } = await tx.query(`SELECT * FROM "${projections.schema}"."${table.physical}" WHERE tenant_id = $1 AND call_id = $2`, [tenantId, callId]);
        cdr.set(table.spec.name, rows.map((row) => textOf(loadedRow(table, row as Record<string, unknown>))).sort());
      }
      return { state: states[0], cdr };
    },
    { isolation: 'repeatable read', readOnly: true },
  );

const shortened = (text: string): string => (text.length > 300 ? `${text.slice(0, 297)}...` : text);

/** Why: an event of the same call by its number, one of an agent's shift by its name, anything else by its id. */
const causeOf = ({ metadata }: RecordedEvent, names: ReadonlyMap<string, string>): string => {
  const { $causationId: cause, commandId } = metadata;
  return cause === commandId ? 'on its own account' : `because of ${names.get(cause) ?? cause}`;
};

const eventLines = ({ events, around }: Told): string[] => {
  const names = new Map([...around.map(({ id, type, stream }) => [id, `${type} in ${stream}`] as const), ...events.map(({ id }, index) => [id, `#${index + 1}`] as const)]);
  return events.flatMap((event, index) => {
    const { occurredAt, actor } = event.metadata;
    const late = event.recordedAt === occurredAt ? '' : `, recorded ${event.recordedAt}`;
    const elsewhere = categoryOf(event.stream) === 'call' ? '' : ` (${event.stream})`;
    return [`${`#${index + 1}`.padEnd(5)}${occurredAt}  ${event.type}${elsewhere}`, `     ${actor.kind} ${actor.id}, ${causeOf(event, names)}; position ${event.position}${late}`, `     ${shortened(JSON.stringify(event.data as Json))}`];
  });
};

const difference = (table: string, derived: readonly string[], served: readonly string[]): string[] => {
  const missing = derived.filter((row) => !served.includes(row));
  const unexpected = served.filter((row) => !derived.includes(row));
  return [...missing.map((row) => `  ${table}: the events say ${row}`), ...unexpected.map((row) => `  ${table}: served is      ${row}`)];
};

/** Tells a call's events, folds them anew and compares the CDR that follows with the served one. False where they differ. */
export const replayCall = (env: Environment, callId: string): Promise<boolean> =>
  atWorkplace(env, async (place) => {
    const say = (...lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);
    const told = await read(place.log, callId);
    const { tenantId, events: all } = told;
    say(`Call ${callId} of tenant ${tenantId}: ${all.length} events`, '', ...eventLines(told), '');
    const prepared = prepareProjection(callHistory);
    const { state, cdr: served } = await serve(place, prepared, tenantId, callId);
    if (state === undefined) throw new OperatorError(`${callHistory.name} v${callHistory.version} has never been built here; start Trunkline once, or: trunkline rebuild ${callHistory.name}`);
    const known = all.filter(({ position }) => position <= state.position);
    const derived = derive(place.log, prepared, known);
    say('The CDR that follows from the events:');
    for (const [table, rows] of derived) say(...rows.map((row) => `  ${table} ${row}`));
    if (known.length < all.length) say(`(the read model is at position ${state.position}: ${all.length - known.length} of the events are not compared yet)`);
    const differences = [...derived].flatMap(([table, rows]) => difference(table, rows, served.get(table) ?? []));
    const bytes = [...derived.values()].flat().reduce((sum, row) => sum + Buffer.byteLength(row), 0);
    say('', ...(differences.length === 0 ? [`The served CDR is the same, byte for byte (${bytes} bytes).`] : ['The served CDR is NOT the same:', ...differences, `Put it right with: trunkline rebuild ${callHistory.name}`]));
    return differences.length === 0;
  });
