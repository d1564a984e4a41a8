import { type LiveLeg, LiveLegs } from '../../../src/telephony/calls/ingest/live-legs.fold.js';
import { FoundOnNode } from '../../../src/telephony/media-nodes/supervision/found-on-node.js';
import type { ChannelFact } from '../../../src/telephony/ports/switch-facts.js';
import type { ChannelDetail, LiveChannel } from '../../../src/telephony/ports/telephony-gateway.port.js';

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, 0, seconds * 1_000)).toISOString();

const leg = (legId: string, over: Partial<LiveLeg> = {}): LiveLeg => ({
  legId, callId: 'A', tenantId: 'acme', nodeId: 'fs1', personId: 'p', role: 'caller', direction: 'inbound', origin: 'trunk', internal: false, agentId: null, offerId: null,
  createdAt: at(0), answeredAt: at(1), parked: false, bridgedWith: null, held: false, recordings: {}, moves: 0, callStartedAt: at(0), ...over,
});
const channel = (channelId: string, over: Partial<LiveChannel> = {}): LiveChannel => ({
  channelId, direction: 'inbound', createdAt: at(0), state: 'active', callerNumber: '1', callerName: '', dialedNumber: '2', callChannelId: 'A', parked: false, ...over,
});

/** What is told of the legs `known` where the node has `channels`, each of which tells `detail` of itself. Nobody listened from 10 to 20. */
const found = async (known: readonly LiveLeg[], channels: readonly LiveChannel[], detail?: Partial<ChannelDetail>): Promise<ChannelFact[]> => {
  const legs = new LiveLegs();
  for (const each of known) legs.note(each);
  const facts: ChannelFact[] = [];
  const asked = detail === undefined ? undefined : { createdAt: at(0), internal: false, ...detail };
  await new FoundOnNode('fs1', { legs, ingest: { ingest: (_nodeId, fact) => void facts.push(fact) } }).tell(
    { switchSessionId: 's', takenAt: at(20), channels, confirmAbsent: () => Promise.resolve(false), describe: () => Promise.resolve(asked) },
    { at: at(20), unheard: { earliest: at(10), latest: at(20.6) } },
  );
  return facts;
};

const guessed = { confidence: 'inferred', evidence: 'channel-list', bounds: { earliest: at(10), latest: at(20.6) } };
const told = { confidence: 'witnessed', evidence: 'channel', bounds: null };

describe('what a list of a node shows and nobody heard', () => {
  it('a hold is dated by the channel itself, and lies in the time that was not heard where it does not tell', async () => {
    const held = [channel('A', { state: 'held' })];
    expect(await found([leg('A')], held, { hold: { since: at(12.345), by: 'switch' } })).toMatchObject([{ kind: 'channel-held', at: at(12.345), by: 'switch', unheard: told }]);
    expect(await found([leg('A')], held)).toMatchObject([{ kind: 'channel-held', at: at(20), unheard: guessed }]);
    expect(await found([leg('A', { held: true })], held)).toEqual([]);
  });

  it('the end of a hold lies in the time that was not heard, and in that of the leg', async () => {
    expect(await found([leg('A', { held: true })], [channel('A')])).toMatchObject([{ kind: 'channel-resumed', at: at(20), unheard: guessed }]);
    expect(await found([leg('A', { held: true, createdAt: at(14) })], [channel('A')])).toMatchObject([{ unheard: { bounds: { earliest: at(14), latest: at(20.6) } } }]);
  });

  it('a bridge is dated by the channel itself, and lies in the time that was not heard where it does not tell', async () => {
    const both = [channel('A', { bridgedWith: 'B' }), channel('B', { bridgedWith: 'A' })];
    const legs = [leg('A'), leg('B')];
    expect((await found(legs, both, { bridgedAt: at(11) }))[0]).toMatchObject({ kind: 'channels-bridged', channelId: 'A', otherChannelId: 'B', at: at(11), unheard: told });
    expect((await found(legs, both))[0]).toMatchObject({ kind: 'channels-bridged', at: at(20), unheard: guessed });
  });

  it('a bridge that is over had ended by when another began, or when it was missed', async () => {
    const before = leg('A', { bridgedWith: 'B' });
    expect(await found([before, leg('C')], [channel('A', { bridgedWith: 'C' })], { bridgedAt: at(15) })).toMatchObject([
      { kind: 'channels-unbridged', otherChannelId: 'B', at: at(15), unheard: { confidence: 'inferred', bounds: { earliest: at(10), latest: at(15) } } },
      { kind: 'channels-bridged', otherChannelId: 'C', at: at(15), unheard: told },
    ]);
    expect(await found([{ ...before, parked: true }], [channel('A', { parked: true })])).toMatchObject([{ kind: 'channels-unbridged', at: at(20), unheard: guessed }]);
  });
});
