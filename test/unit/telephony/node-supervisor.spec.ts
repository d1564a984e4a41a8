import { CommandDispatcher } from '../../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import { EventCatalog } from '../../../src/platform/event-store/event-catalog.js';
import { EventLog } from '../../../src/platform/event-store/event-log.js';
import { EventStoreUnavailable } from '../../../src/platform/event-store/event-store.port.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import { InMemoryLeases, InMemoryLeaseTable } from '../../../src/platform/subscriptions/in-memory-leases.js';
import { CallIngest } from '../../../src/telephony/calls/ingest/call-ingest.js';
import { FactLanes } from '../../../src/telephony/calls/ingest/fact-lanes.js';
import { LiveLegs } from '../../../src/telephony/calls/ingest/live-legs.fold.js';
import { mediaNodeEventSpecs } from '../../../src/telephony/contract/configuration-events.js';
import { mediaNodeDecider } from '../../../src/telephony/media-nodes/domain/media-node.decider.js';
import { NodeList } from '../../../src/telephony/media-nodes/supervision/node-list.fold.js';
import { NodeSupervisor } from '../../../src/telephony/media-nodes/supervision/node-supervisor.js';
import { ManualClock } from '../../support/manual-clock.js';

const settings = { name: 'fs1', host: '127.0.0.1', port: 8021, password: 'ClueCon', deviceAddress: 'user/{user}', trunkAddress: 'sofia/gateway/x/{number}', music: 'local_stream://moh', recordingsFolder: '/tmp' };

/** One registered node, and processes that would own it. */
const world = async () => {
  const time = new ManualClock();
  const store = new InMemoryEventStore({ clock: time });
  const table = new InMemoryLeaseTable(time);
  const guard = { away: false };
  const guarded = Object.assign(Object.create(store) as InMemoryEventStore, {
    readStream: (...args: Parameters<InMemoryEventStore['readStream']>) => (guard.away ? Promise.reject(new EventStoreUnavailable('away')) : store.readStream(...args)),
  });
  const keys = new InMemorySubjectKeys();
  const logOf = (): EventLog => new EventLog(guarded, new EventCatalog(mediaNodeEventSpecs), keys);
  const meta = { commandId: '5f2ea3b0-9c1d-4b4e-8a77-1d0c6e0f7a11', tenantId: 'system', at: '2026-01-01T00:00:00.000Z', actor: { kind: 'system' as const, id: 'test' }, correlationId: 'x', causationId: 'x' };
  await new CommandExecutor(logOf()).execute(mediaNodeDecider, 'node-fs1', { type: 'RegisterMediaNode', data: { nodeId: 'fs1', settings }, meta });
  const open = new Set<string>();
  const process = async (holder: string) => {
    const log = logOf();
    const clock = { offset: 0, now: () => time.now() + clock.offset, after: time.after.bind(time) };
    const executor = new CommandExecutor(log);
    const dispatcher = new CommandDispatcher(executor, [mediaNodeDecider]);
    const alarms = new AlarmCounter();
    const nodes = new NodeList();
    for (const event of await log.decode(await store.readAll({ maxCount: 100 }))) if (nodes.eventTypes.includes(event.type)) nodes.apply(event);
    const legs = new LiveLegs();
    const lanes = new FactLanes((stream, command) => dispatcher.dispatch(stream, command), clock, { maxBytes: 1e6, retryMs: 100 }, () => undefined, () => undefined);
    const ingest = new CallIngest({ legs, lanes, numbers: { resolve: () => undefined, byId: () => undefined }, devices: { agentOf: () => undefined }, keys, rejectUnknownNumbers: false });
    const told = { ready: true };
    const supervisor = new NodeSupervisor({
      nodes, leases: new InMemoryLeases(clock, table), executor, clock, alarms, holder, watch: { dispatcher, legs, ingest, lanes },
      sessions: {
        open: () => ({ get isReady() { return told.ready; }, start: () => void open.add(holder), resynchronise: () => undefined, close: () => Promise.resolve(void open.delete(holder)) }),
      },
    });
    return Object.assign(told, { supervisor, clock, alarms });
  };
  return { time, guard, open, process };
};

describe('who owns a media node', () => {
  it('takes it after the event store was away at the moment of taking', async () => {
    const { time, guard, open, process } = await world();
    const { supervisor, alarms } = await process('one');
    guard.away = true;
    supervisor.start();
    await time.advance(2_000);
    expect([[...open], alarms.counts.has('node-supervision-failed')]).toEqual([[], true]);
    guard.away = false;
    await time.advance(1_000);
    expect([...open]).toEqual(['one']);
    await supervisor.stop();
  });

  it.each([-60_000, 60_000])('has it again after the clock of the process was set by %i ms', async (ms) => {
    const { time, open, process } = await world();
    const { supervisor, clock } = await process('one');
    supervisor.start();
    await time.advance(1_100);
    expect(supervisor.isReady('fs1')).toBe(true);
    clock.offset = ms;
    await time.advance(10_000);
    expect([[...open], supervisor.isReady('fs1')]).toEqual([['one'], true]);
    await supervisor.stop();
  });

  it('gives it to another process at once when it stops', async () => {
    const { time, open, process } = await world();
    const [one, other] = [await process('one'), await process('other')];
    one.supervisor.start();
    await time.advance(100);
    other.supervisor.start();
    await time.advance(1_000);
    expect([...open]).toEqual(['one']);
    await one.supervisor.stop();
    await time.advance(600);
    expect([...open]).toEqual(['other']);
    await other.supervisor.stop();
  });

  it('is no problem of a process that stands by for the owner', async () => {
    const { time, process } = await world();
    const [one, other] = [await process('one'), await process('other')];
    expect(one.supervisor.problem()).toBe('media nodes are being looked for');
    one.supervisor.start();
    await time.advance(100);
    one.ready = false;
    other.supervisor.start();
    await time.advance(100);
    expect([one.supervisor.problem(), other.supervisor.problem()]).toEqual(['no media node is connected and compared (fs1)', undefined]);
    one.ready = true;
    expect(one.supervisor.problem()).toBeUndefined();
    await one.supervisor.stop();
    await other.supervisor.stop();
  });
});
