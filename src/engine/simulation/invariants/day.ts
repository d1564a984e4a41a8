import { prepareProjection } from '../../../platform/subscriptions/projection-batch.js';
import { batchOf } from '../../../platform/subscriptions/projection-parking.js';
import { EventLog } from '../../../platform/event-store/event-log.js';
import { InMemoryReadModels } from '../../../platform/subscriptions/in-memory-read-models.js';
import { msOf } from '../../../kernel/clock.js';
import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import { LeaseLost } from '../../../platform/subscriptions/leases.port.js';
import type { Projection } from '../../../platform/subscriptions/projection.js';
import type { DeskAgent, TrueLeg, Truth } from '../../../simulator/index.js';
import type { CallEvent } from '../../../telephony/contract/call-events.js';
import { guaranteeOf, joinAction } from '../../../telephony/contract/switch-actions.js';
import { eventCatalog } from '../../domain.js';
import type { Installation } from '../installation.js';
import { TENANT } from '../people.js';
import type { SharedStores } from '../stores.js';
import type { SwitchRecordings } from '../switch-recordings.js';
import type { SwitchWitness } from '../switch-witness.js';
import { brokenContacts, brokenShifts } from './agents.js';
import { brokenCalls } from './calls.js';
import { type CdrRow as HistoryRow, misreportedCdrs } from './cdr-differences.js';
import { historiesOf, wholeLog } from './histories.js';
import { plaintext } from './plaintext.js';
import { brokenRecordings } from './recordings.js';
import { brokenCdrs, brokenEnds, type CdrRow } from './truth.js';

export interface DayAtRest {
  readonly stores: SharedStores;
  readonly truth: Truth;
  readonly witness: SwitchWitness;
  readonly recordings: SwitchRecordings;
  readonly installation: Installation;
  readonly projections: readonly Projection[];
  readonly agents: readonly DeskAgent[];
  /** Whether the last call came to its end. */
  readonly over: boolean;
  /** How far clocks were set in all, ms: times that were taken by different clocks may be that far apart. */
  readonly clockSlackMs: number;
  /** Channels that went without a word. */
  readonly wordless: ReadonlySet<string>;
  /** How long it takes until one of those is missed, ms. */
  readonly missedWithinMs: number;
}

/** Complaints of a mistake in the program; all others are about things that truly went wrong. */
const MISTAKES: ReadonlySet<string> = new Set([
  'process-instance-stopped', 'process-runner-failed', 'projection-event-parked', 'consumer-failed', 'live-fold-failed', 'live-fold-listener-failed', 'event-undecodable', 'timer-failed', 'effect-failed', 'offer-failed', 'overflow-failed',
  'fact-not-recorded', 'media-node-not-recorded', 'timer-event-unknown', 'switch-cdr-refused',
]);

/** Who is still busy though all calls are long over: to be asked before agents sign out, which ends whatever they are at. */
export const busyAtRest = async (stores: SharedStores): Promise<string[]> => brokenShifts(historiesOf(await wholeLog(new EventLog(stores.log, eventCatalog(), stores.keys))), false);

/** Everything that must hold once a day is over and all has come to rest; one line for each thing that does not. */
export const brokenDay = async ({ stores, truth, witness, recordings, installation, projections, agents, over, clockSlackMs, wordless: gone, missedWithinMs }: DayAtRest): Promise<string[]> => {
  const log = new EventLog(stores.log, eventCatalog(), stores.keys);
  const events = await wholeLog(log);
  const histories = historiesOf(events);
  const isLive = (channelId: string): boolean => truth.legs.get(channelId) !== undefined && truth.legs.get(channelId)?.endedUs === undefined;
  const gaps = gapsOf(events);
  const unnoticed = (call: TrueLeg): boolean => gaps.some(({ from, to }) => call.createdUs / 1000 >= from - clockSlackMs && (call.endedUs ?? Infinity) / 1000 <= to + clockSlackMs);
  const wordless = (legId: string): boolean => {
    const endMs = (truth.legs.get(legId)?.endedUs ?? 0) / 1000;
    return gone.has(legId) && gaps.some(({ from, to }) => to >= endMs && from <= endMs + missedWithinMs + clockSlackMs);
  };
  const cdrs = cdrsOf(stores, projections);
  return [
    ...(over ? [] : [`calls go on though everybody hung up: ${[...truth.legs.values()].filter((leg) => leg.endedUs === undefined).map(({ channelId }) => channelId).join(', ')}`]),
    ...brokenCalls(histories, isLive),
    ...brokenShifts(histories, false),
    ...brokenContacts(histories, clockSlackMs),
    ...brokenEnds(histories, truth, { slackMs: clockSlackMs, wordless }),
    ...brokenCdrs(cdrs, truth, unnoticed),
    ...misreportedCdrs(cdrs, truth, (fromMs, toMs) => gaps.some(({ from, to }) => fromMs - clockSlackMs < to && toMs + clockSlackMs > from)),
    ...(stores.cdrs.size === 0 ? [] : [`${stores.cdrs.size} CDRs of the switch still wait`]),
    ...brokenDeeds(events, witness),
    ...(await brokenRecordings(events, recordings, stores.objects)),
    ...agents.filter(({ agentId }) => !events.some(({ type, data }) => type === 'AgentSignedOut' && (data as { agentId: string }).agentId === agentId)).map(({ agentId }) => `${agentId} cannot sign out`),
    ...(await waitingTimers(stores)).map(({ key, dueAt }) => `timer ${key} still waits for ${dueAt}`),
    ...(await stores.parked.waiting()).map(({ runner, eventType, error }) => `${runner} has set a ${eventType} aside: ${error}`),
    ...(await plaintext(stores, projections, installation, truth)),
    ...(await differingReadModels(stores, log, events, projections)),
    ...installation.processes.flatMap(({ alarms }) => alarms.last.filter(({ code, error }) => MISTAKES.has(code) && !(error instanceof LeaseLost)).map(({ code, message, error }) => `${code}: ${message}${error instanceof Error ? ` (${error.message})` : ''}`)),
  ];
};

const waitingTimers = async ({ timers }: SharedStores) => (await Promise.all(['timers', 'timers/recordings'].map((name) => timers.load(name)))).flatMap((kept) => kept?.timers ?? []);

interface Gap {
  readonly from: number;
  readonly to: number;
}

/** When events of the switch may have been missed, ms; what lasts has no end yet. */
const gapsOf = (events: readonly RecordedEvent[]): Gap[] => {
  const closed = new Map(events.filter(({ type }) => type === 'MediaNodeGapClosed').map(({ data }) => [(data as { gapId: string }).gapId, msOf((data as { to: string }).to)]));
  return events.filter(({ type }) => type === 'MediaNodeGapOpened').map(({ data }) => {
    const { gapId, from } = data as { gapId: string; from: string };
    return { from: msOf(from), to: closed.get(gapId) ?? Infinity };
  });
};

const cdrsOf = (stores: SharedStores, projections: readonly Projection[]): (CdrRow & HistoryRow)[] => {
  const history = projections.find(({ name }) => name === 'call-history');
  if (history === undefined) return [];
  const ofTenant = (table: string) => stores.readModels.rows(history, table).filter((row) => row['tenant_id'] === TENANT);
  const legs = new Map<unknown, unknown[]>();
  for (const row of ofTenant('call_history_legs')) legs.set(row['call_id'], [...(legs.get(row['call_id']) ?? []), row]);
  return ofTenant('call_history').map((row) => ({ ...row, legs: legs.get(row['call_id']) ?? [] }) as unknown as CdrRow & HistoryRow);
};

/** What is done at most once was begun on record before it was sent, and was sent once; nothing has an outcome that was not asked for. */
const brokenDeeds = (events: readonly RecordedEvent[], { sent }: SwitchWitness): string[] => {
  const found: string[] = [];
  const started = new Map<string, bigint>();
  const asked = new Set<string>();
  for (const event of events) {
    const { actionId } = event.data as { readonly actionId: string };
    if (event.type === 'SwitchActionStarted') started.set(actionId, event.position);
    if (event.type === 'SwitchActionRequested') asked.add(actionId);
    if (/^SwitchAction(Succeeded|Failed|OutcomeUnknown)$/.test(event.type) && !asked.has(actionId)) found.push(`deed ${actionId} has an outcome and was never asked for`);
  }
  for (const event of events) {
    if (event.type !== 'SwitchActionRequested') continue;
    const { data } = event as Recorded<Extract<CallEvent, { type: 'SwitchActionRequested' }>>;
    const action = joinAction(data);
    const times = sent.get(data.actionId) ?? [];
    if (action === undefined || guaranteeOf(action) !== 'at-most-once') continue;
    if (times.length > 1) found.push(`deed ${data.actionId} (${data.deed}) is done at most once, and was sent ${times.length} times`);
    const begun = started.get(data.actionId);
    for (const { atPosition } of times) if (begun === undefined || begun > atPosition) found.push(`deed ${data.actionId} (${data.deed}) was sent before it was on record that it begins`);
  }
  return found;
};

const differingReadModels = async (stores: SharedStores, log: EventLog, events: readonly RecordedEvent[], projections: readonly Projection[]): Promise<string[]> => {
  const logId = await stores.log.logId();
  const head = events.at(-1)?.position ?? 0n;
  const rebuilt = new InMemoryReadModels();
  const found: string[] = [];
  for (const projection of projections) {
    const prepared = prepareProjection(projection);
    const [served] = await stores.readModels.statesOf([projection.name]);
    if (served?.position !== head) found.push(`read model ${projection.name} is at ${served?.position} of ${head}`);
    const state = await rebuilt.ensure(prepared, logId);
    await rebuilt.write({ states: [state], upTo: served?.position ?? 0n, logId, batches: [batchOf(prepared, log, events.filter(({ position }) => position <= (served?.position ?? 0n)))] });
    const right = rebuilt.shown(projection);
    for (const [table, rows] of stores.readModels.shown(projection)) {
      const expected = new Set(right.get(table));
      const wrong = rows.filter((row) => !expected.delete(row));
      if (wrong.length > 0 || expected.size > 0) found.push(`read model ${projection.name}: ${table} differs from a rebuild: has ${String(wrong[0])}, should have ${String([...expected][0])}`);
    }
  }
  return found;
};
