import { callEventSpecs } from '../../../src/telephony/contract/call-events.js';
import { callDecider } from '../../../src/telephony/calls/domain/call.decider.js';
import { CallIngest } from '../../../src/telephony/calls/ingest/call-ingest.js';
import { FactLanes } from '../../../src/telephony/calls/ingest/fact-lanes.js';
import { LiveLegs } from '../../../src/telephony/calls/ingest/live-legs.fold.js';
import type { ChannelFact } from '../../../src/telephony/ports/switch-facts.js';
import { CommandDispatcher } from '../../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../../src/platform/event-store/command-executor.js';
import { EventCatalog } from '../../../src/platform/event-store/event-catalog.js';
import { EventLog } from '../../../src/platform/event-store/event-log.js';
import { EventStoreUnavailable } from '../../../src/platform/event-store/event-store.port.js';
import { InMemoryEventStore } from '../../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySubjectKeys } from '../../../src/platform/privacy/in-memory-subject-keys.js';
import { ManualClock } from '../../support/manual-clock.js';

const AT = '2026-01-01T00:00:00.000Z';

const appeared = (channelId: string): ChannelFact => ({
  kind: 'channel-appeared', factId: `${channelId}/1`, at: AT, channelId, direction: 'inbound', origin: 'trunk', callerNumber: '+15550001', callerName: '', dialedNumber: '+15550002', callChannelId: channelId, internal: false, switchSessionId: 's',
});
const ended = (channelId: string): ChannelFact => ({
  kind: 'channel-ended', factId: `${channelId}/2`, at: AT, channelId, cause: 'NORMAL_CLEARING', hungUpBy: 'far-end', times: { createdAt: AT, endedAt: AT },
});

/** `room`: facts that fit while the store is away. */
const world = (room: number) => {
  const clock = new ManualClock();
  const store = new InMemoryEventStore({ clock });
  let away = false;
  const guarded = Object.assign(Object.create(store) as InMemoryEventStore, {
    append: (...args: Parameters<InMemoryEventStore['append']>) => (away ? Promise.reject(new EventStoreUnavailable('away')) : store.append(...args)),
  });
  const log = new EventLog(guarded, new EventCatalog(callEventSpecs), new InMemorySubjectKeys());
  const dispatcher = new CommandDispatcher(new CommandExecutor(log), [callDecider]);
  let overflows = 0;
  const refused: string[] = [];
  const lanes = new FactLanes((stream, command) => dispatcher.dispatch(stream, command), clock, { maxBytes: room * 600, retryMs: 100 }, () => (overflows += 1), (_id, { type }) => refused.push(type));
  const legs = new LiveLegs();
  const numbers = { resolve: () => undefined, byId: () => undefined };
  const ingest = new CallIngest({ legs, lanes, numbers, devices: { agentOf: () => undefined }, keys: new InMemorySubjectKeys(), rejectUnknownNumbers: false });
  const follow = async (into = legs): Promise<LiveLegs> => {
    for (const event of await log.decode(await store.readAll({ maxCount: 1_000 }))) into.apply(event);
    return into;
  };
  const types = async (): Promise<string[]> => (await store.readAll({ maxCount: 1_000 })).map(({ type }) => type);
  return { clock, lanes, legs, ingest: (fact: ChannelFact) => ingest.ingest('fs1', fact), setAway: (is: boolean) => (away = is), follow, types, refused, overflows: () => overflows };
};

describe('facts while the event store is away', () => {
  it('a leg whose end had no room is still believed to live, so that the comparison finds it gone', async () => {
    const { clock, ingest, legs, setAway, overflows, lanes } = world(1);
    ingest(appeared('a'));
    await clock.advance(0);
    setAway(true);
    ingest({ kind: 'channel-ringing', factId: 'a/r', at: AT, channelId: 'a' });
    await clock.advance(0);
    ingest(ended('a'));
    expect(overflows()).toBe(1);
    expect([legs.onNode('fs1').map(({ legId }) => legId), legs.hasEnded('a')]).toEqual([['a'], false]);
    setAway(false);
    await clock.advance(1_000);
    expect(lanes.pending).toBe(0);
  });

  it('a caller whose arrival had no room is not believed to be known, so that the comparison finds them', async () => {
    const { clock, ingest, legs, setAway } = world(1);
    setAway(true);
    ingest(appeared('a'));
    ingest(appeared('b'));
    expect(legs.onNode('fs1').map(({ legId }) => legId)).toEqual(['a']);
    setAway(false);
    await clock.advance(1_000);
    ingest(appeared('b'));
    await clock.advance(1_000);
    expect(legs.get('b')).toBeDefined();
  });

  it('what was only noted does not outlive the process: the snapshot is what the log says', async () => {
    const { clock, ingest, legs, setAway, follow } = world(10);
    ingest(appeared('a'));
    await clock.advance(0);
    await follow();
    setAway(true);
    ingest(ended('a'));
    ingest(appeared('b'));
    await clock.advance(0);
    expect(legs.onNode('fs1').map(({ legId }) => legId)).toEqual(['b']);
    const next = new LiveLegs();
    next.restore(legs.snapshot());
    expect(next.onNode('fs1').map(({ legId }) => legId)).toEqual(['a']);
  });

  it('the log alone and what was noted besides lead to the same legs', async () => {
    const { clock, ingest, legs, follow } = world(100);
    for (const id of ['a', 'b', 'c']) ingest(appeared(id));
    ingest({ kind: 'channel-answered', factId: 'a/a', at: AT, channelId: 'a' });
    ingest(ended('b'));
    await clock.advance(0);
    await follow();
    const told = await follow(new LiveLegs());
    expect(told.onNode('fs1')).toEqual(legs.onNode('fs1'));
    expect(legs.snapshot()).toEqual(told.snapshot());
  });

  it('whoever waits for what was sent does not wait for what is sent later', async () => {
    const { clock, ingest, lanes, setAway, types } = world(100);
    ingest(appeared('a'));
    let drained = false;
    void lanes.drained().then(() => (drained = true));
    for (let n = 0; n < 20 && !drained; n += 1) {
      ingest(appeared(`later-${n}`));
      await clock.advance(5);
      ingest(appeared(`later-still-${n}`));
    }
    expect(drained).toBe(true);
    setAway(true);
    ingest(ended('a'));
    void lanes.drained().then(() => (drained = true));
    drained = false;
    await clock.advance(1_000);
    expect([drained, (await types()).includes('LegEnded')]).toEqual([false, false]);
    setAway(false);
    await clock.advance(1_000);
    expect([drained, (await types()).includes('LegEnded')]).toEqual([true, true]);
  });

  it('none overtakes one that has to be sent again: nothing is decided on a call whose beginning is not recorded', async () => {
    const { clock, ingest, setAway, types, refused, lanes } = world(100);
    setAway(true);
    ingest(appeared('a'));
    ingest({ kind: 'channel-ringing', factId: 'a/r', at: AT, channelId: 'a' });
    await clock.advance(50);
    ingest({ kind: 'channel-answered', factId: 'a/a', at: AT, channelId: 'a' });
    ingest(ended('a'));
    // Reads work, and show a call that is not there.
    await clock.advance(350);
    setAway(false);
    await clock.advance(500);
    expect(await types()).toEqual(['CallStarted', 'LegStarted', 'LegRinging', 'LegAnswered', 'LegEnded', 'CallEnded']);
    expect([refused, lanes.pending]).toEqual([[], 0]);
  });
});
