import { type LiveLeg, LiveLegs } from '../../../src/telephony/calls/ingest/live-legs.fold.js';
import { MissingLegs } from '../../../src/telephony/media-nodes/supervision/missing-legs.js';
import type { NodeSnapshot } from '../../../src/telephony/ports/node-listener.port.js';
import type { LiveChannel } from '../../../src/telephony/ports/telephony-gateway.port.js';

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();

const leg = (legId: string): LiveLeg => ({
  legId, callId: legId, tenantId: 'acme', nodeId: 'fs1', personId: 'p', role: 'caller', direction: 'inbound', origin: 'trunk', internal: false, agentId: null, offerId: null,
  createdAt: at(0), answeredAt: null, parked: true, bridgedWith: null, held: false, recordings: {}, moves: 0, callStartedAt: at(0),
});

const channel = (channelId: string): LiveChannel => ({ channelId }) as LiveChannel;

/** What the node has at a time; `hidden` live though the list lacks them. */
const list = (seconds: number, present: readonly string[], hidden: readonly string[] = []): NodeSnapshot => ({
  switchSessionId: 's', takenAt: at(seconds), channels: present.map(channel), confirmAbsent: (id) => Promise.resolve(!hidden.includes(id)), describe: () => Promise.resolve(undefined),
});

describe('a leg that is missing in the lists of its node', () => {
  const missingOn = (...ids: readonly string[]) => {
    const legs = new LiveLegs();
    for (const id of ids) legs.note(leg(id));
    const missing = new MissingLegs('fs1', legs);
    missing.compared(at(5));
    const look = async (snapshot: NodeSnapshot) => (await missing.look(snapshot)).map(({ leg: { legId }, earliest, latest }) => [legId, earliest, latest]);
    return { look };
  };

  it('twice in a row is over: it ended after all were seen and before the first list without it', async () => {
    const { look } = missingOn('a', 'b');
    expect(await look(list(10, ['b']))).toEqual([]);
    expect(await look(list(20, ['b']))).toEqual([['a', at(5), at(10)]]);
  });

  it('and in the next one again there did not end before that one', async () => {
    const { look } = missingOn('a', 'b');
    expect(await look(list(10, ['b']))).toEqual([]);
    expect(await look(list(20, ['a']))).toEqual([]);
    expect(await look(list(30, ['b']))).toEqual([]);
    expect(await look(list(40, ['b']))).toEqual([['a', at(5), at(30)]]);
  });

  it('and said by the node to live did not end before it was asked', async () => {
    const { look } = missingOn('a', 'b', 'c');
    expect(await look(list(10, ['b', 'c']))).toEqual([]);
    expect(await look(list(20, ['c'], ['a']))).toEqual([]);
    expect(await look(list(30, ['b', 'c']))).toEqual([]);
    expect(await look(list(40, ['b', 'c']))).toEqual([['a', at(5), at(30)]]);
  });
});
