import type { EslEvent } from '../../../src/telephony/adapters/freeswitch/esl-client.port.js';
import { FreeswitchTranslator, SUBSCRIBED_EVENTS } from '../../../src/telephony/adapters/freeswitch/freeswitch-translator.js';
import { aboutChannel, eventsIn, eventsOf, factsIn, factsOf, ofKind } from '../../support/capture-facts.js';
import { capture, captures } from '../../support/captures.js';
import { SeededRandom } from '../../support/manual-clock.js';

const factOfTruth = (scenario: string, name: string): string => String(capture(scenario).truth.facts?.[name]);

/** An event of no recording, with the identity that every event has. */
const made = (name: string, headers: Record<string, string> = {}): EslEvent => ({
  name,
  headers: { 'Event-Name': name, 'Core-UUID': 'core', 'Event-Sequence': '7', 'Event-Date-Timestamp': '1795382307079651', ...headers },
});

describe('the facts that a switch tells', () => {
  it('1: an agent leg is answered and parked as two facts, and a failed job says nothing of the leg', () => {
    const facts = factsOf('02g');
    const agent = factOfTruth('02g', 'agent_uuid');
    const [job] = ofKind(facts, 'job-completed');
    expect(job).toMatchObject({ ok: false, result: 'ORIGINATOR_CANCEL' });
    const afterJob = aboutChannel(facts.slice(facts.findIndex((fact) => fact === job)), agent).map((fact) => fact.kind);
    expect(afterJob).toContain('channel-ended');
    expect(ofKind(facts, 'channels-bridged')).toMatchObject([{ otherChannelId: agent }]);
    expect(ofKind(aboutChannel(facts, agent), 'channel-parked')).toHaveLength(0);
  });

  it('2: a job that succeeded carries its own id and the new channel', () => {
    const [job] = ofKind(factsOf('02a'), 'job-completed');
    expect(job).toMatchObject({ jobId: factOfTruth('02a', 'job'), ok: true, result: factOfTruth('02a', 'agent_uuid') });
    const results = ofKind(factsOf('04'), 'job-completed').map((fact) => [fact.ok, fact.result]);
    expect(results).toContainEqual([false, 'USER_BUSY']);
    expect(results).toContainEqual([false, 'INVALID_GATEWAY']);
    expect(results.filter(([ok]) => ok === true)).toHaveLength(1);
  });

  it('3: a bridge is told once, with both legs, and so is its end', () => {
    const facts = factsOf('02a');
    const pair = { channelId: factOfTruth('02a', 'caller_uuid'), otherChannelId: factOfTruth('02a', 'agent_uuid') };
    expect(ofKind(facts, 'channels-bridged')).toEqual([expect.objectContaining({ ...pair, at: '2026-11-22T21:17:05.242Z' })]);
    expect(ofKind(facts, 'channels-unbridged')).toEqual([expect.objectContaining(pair)]);
  });

  it('4: the leg that was hung up on may end before its bridge does, and both are told', () => {
    const facts = factsOf('06c');
    const agent = factOfTruth('06c', 'agent_uuid');
    const end = facts.findIndex((fact) => fact.kind === 'channel-ended' && fact.channelId === agent);
    const unbridge = facts.findIndex((fact) => fact.kind === 'channels-unbridged' && fact.otherChannelId === agent);
    expect(end).toBeGreaterThan(-1);
    expect(unbridge).toBeGreaterThan(end);
  });

  it('5: a leg ends once, with its cause, its exact times and who hung up', () => {
    const facts = factsOf('02a');
    const [caller] = ofKind(aboutChannel(facts, factOfTruth('02a', 'caller_uuid')), 'channel-ended');
    const [agent, ...more] = ofKind(aboutChannel(facts, factOfTruth('02a', 'agent_uuid')), 'channel-ended');
    expect(more).toEqual([]);
    expect(agent).toMatchObject({
      at: '2026-11-22T21:17:08.682Z',
      cause: 'NORMAL_CLEARING',
      q850: 16,
      hungUpBy: 'far-end',
      times: { createdAt: '2026-11-22T21:17:04.642Z', ringingAt: '2026-11-22T21:17:04.642Z', answeredAt: '2026-11-22T21:17:05.162Z', endedAt: '2026-11-22T21:17:08.682Z' },
    });
    expect(agent).not.toHaveProperty('sipStatus');
    expect(caller).toMatchObject({ hungUpBy: 'switch' });
    expect(SUBSCRIBED_EVENTS).not.toContain('CHANNEL_HANGUP');
  });

  it('6: the same bytes give the same fact ids, and no two facts share one', () => {
    const once = factsOf('06e');
    expect(factsOf('06e')).toEqual(once);
    expect(new Set(once.map((fact) => fact.factId)).size).toBe(once.length);
    const plain = factsOf('06e', 'plain').map((fact) => fact.factId);
    expect(plain).toEqual(once.map((fact) => fact.factId));
  });

  it('7: times are cut to the millisecond, 0 is no time, and exact times win over the ticking one', () => {
    const facts = factsIn([
      made('CHANNEL_CREATE', { 'Unique-ID': 'leg', 'Call-Direction': 'outbound', 'Caller-Channel-Created-Time': '1795382305182930' }),
      made('CHANNEL_ANSWER', { 'Unique-ID': 'leg', 'Caller-Channel-Answered-Time': '1795382306002999' }),
      made('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': 'leg', 'Caller-Channel-Created-Time': '1795382305182930', 'Caller-Channel-Answered-Time': '0', 'Caller-Channel-Hangup-Time': '1795382307000001' }),
    ]);
    expect(facts.map((fact) => fact.at)).toEqual(['2026-11-22T21:18:25.182Z', '2026-11-22T21:18:26.002Z', '2026-11-22T21:18:27.000Z']);
    expect(ofKind(facts, 'channel-ended')[0]?.times).toEqual({ createdAt: '2026-11-22T21:18:25.182Z', endedAt: '2026-11-22T21:18:27.000Z' });
  });

  it('8: a list of transfers is as good as a single one, in either encoding', () => {
    for (const connection of ['json', 'plain']) {
      const transfers = ofKind(factsOf('06c', connection), 'channel-transferred').map(({ how, destination, at }) => ({ how, destination, at }));
      expect(transfers).toEqual([
        { how: 'blind', destination: '9103', at: '2026-11-22T21:18:54.122Z' },
        { how: 'blind', destination: '9103', at: '2026-11-22T21:18:59.622Z' },
        { how: 'blind', destination: '9103', at: '2026-11-22T21:19:05.182Z' },
        { how: 'blind', destination: '9103', at: '2026-11-22T21:19:05.182Z' },
      ]);
    }
  });

  it('9: repeated headers, bodies and events of modules are read without a loss', () => {
    const notes = ofKind(factsOf('09'), 'channel-noted').map((fact) => fact.what);
    expect(notes).toEqual(expect.arrayContaining(['conference::maintenance add-member', 'conference::maintenance mute-member', 'conference::maintenance del-member']));
    const offers = ofKind(factsOf('08a'), 'channel-noted').filter((fact) => fact.what === 'callcenter::info bridge-agent-start');
    expect(offers).toMatchObject([{ detail: { 'CC-Queue': 'support@default', 'CC-Agent': '1001@default' } }]);
  });

  it('10, 11: a stream that breaks off gives the facts before the break', () => {
    const facts = factsIn(eventsIn([capture('15').connections.find((connection) => connection.name === 'plain')?.bytes() ?? Buffer.alloc(0)]));
    expect(ofKind(facts, 'channel-appeared').length).toBeGreaterThan(70);
  });

  it('12: a leg appears under the uuid that we gave it; an invalid gateway only ever tells that it is gone', () => {
    const facts = factsOf('04');
    const appeared = new Set(ofKind(facts, 'channel-appeared').map((fact) => fact.channelId));
    const gone = ofKind(facts, 'channel-destroyed').map((fact) => fact.channelId);
    expect(gone).toHaveLength(2);
    for (const channelId of gone) expect(appeared.has(channelId)).toBe(false);
    const loopback = factsOf('02b');
    expect(ofKind(loopback, 'channel-appeared').map((fact) => fact.channelId)).toContain(factOfTruth('02b', 'agent_uuid'));
    expect(ofKind(loopback, 'channel-destroyed')).toEqual([]);
  });

  it('13: numbers are those of the start, before the caller id turns round', () => {
    const [, agent] = ofKind(factsOf('02a'), 'channel-appeared');
    expect(agent).toMatchObject({ direction: 'outbound', callerNumber: '60011', callerName: 'Cola Ventas', dialedNumber: 'agent' });
  });

  it('14: loopback legs are internal; who listens in is noted; a consultation handed over is an attended transfer', () => {
    expect(ofKind(factsOf('02b'), 'channel-appeared').map((fact) => fact.internal)).toEqual([false, true, true]);
    const notes = ofKind(factsOf('06g'), 'channel-noted').map((fact) => [fact.what, fact.detail['target']]);
    expect(notes).toEqual([
      ['eavesdrop started', factOfTruth('06g', 'caller_uuid')],
      ['three_way started', factOfTruth('06g', 'caller_uuid')],
    ]);
    const facts = factsOf('06e');
    const caller = ofKind(facts, 'channel-appeared')[0]?.channelId;
    expect(ofKind(facts, 'channel-transferred')).toEqual([expect.objectContaining({ channelId: caller, how: 'attended', destination: 'agent2' })]);
    expect(ofKind(aboutChannel(facts, caller ?? ''), 'channel-parked')).toHaveLength(2);
  });

  it('15: nested playbacks each complete under their own action', () => {
    const facts = factsOf('11a');
    const completed = ofKind(facts, 'application-completed').filter((fact) => fact.application === 'playback');
    expect(new Set(completed.map((fact) => fact.actionId)).size).toBe(completed.length);
    expect(ofKind(facts, 'playback-started')).toHaveLength(3);
    expect(ofKind(facts, 'playback-stopped')).toHaveLength(3);
  });

  it('16: a call that the switch refuses has the cause and the side that refused it', () => {
    const ends = ofKind(factsOf('14'), 'channel-ended').map((fact) => [fact.cause, fact.q850, fact.hungUpBy]);
    expect(ends).toEqual([
      ['CALL_REJECTED', 21, 'switch'],
      ['NORMAL_TEMPORARY_FAILURE', 41, 'switch'],
      ['NO_ROUTE_DESTINATION', 3, 'switch'],
      ['NORMAL_CLEARING', 16, 'far-end'],
    ]);
  });

  it('17, 18: replies and notices are no events and give no facts', () => {
    expect(factsOf('10a')).toEqual([]);
  });
});

describe('single facts', () => {
  it('a hold is by the switch or by the far end, and lasts exactly as long as the switch counted', () => {
    const byUs = factsOf('06a').filter((fact) => fact.kind === 'channel-held' || fact.kind === 'channel-resumed');
    expect(byUs.map((fact) => [fact.kind, fact.at])).toEqual([
      ['channel-held', '2026-11-22T21:18:27.079Z'],
      ['channel-resumed', '2026-11-22T21:18:29.082Z'],
      ['channel-held', '2026-11-22T21:18:30.088Z'],
      ['channel-resumed', '2026-11-22T21:18:31.090Z'],
    ]);
    expect(ofKind(factsOf('06a'), 'channel-held').map((fact) => fact.by)).toEqual(['switch', 'switch']);
    expect(ofKind(factsOf('06b'), 'channel-held').map((fact) => fact.by)).toEqual(['far-end']);
  });

  it('digits are pressed one by one and collected under their action', () => {
    const facts = factsOf('05a');
    expect(ofKind(facts, 'digit-received').map((fact) => [fact.digit, fact.durationMs])).toEqual([['1', 280], ['2', 280], ['#', 280]]);
    expect(ofKind(facts, 'digits-collected')).toMatchObject([{ digits: '12', result: 'success' }]);
    expect(ofKind(factsOf('05c'), 'digits-collected').map(({ actionId, digits, result }) => [actionId, digits, result])).toEqual([
      [expect.any(String), '', 'failure'],
      ['app-uuid-pagd-1', '4*2', 'timeout'],
    ]);
  });

  it('a recording has its file and its length', () => {
    const facts = factsOf('07a');
    expect(ofKind(facts, 'recording-started')).toHaveLength(2);
    expect(ofKind(facts, 'recording-stopped').map((fact) => [fact.path.endsWith('-2.wav'), fact.durationMs])).toEqual([[false, 3520], [true, 2020]]);
  });

  it('SIP answers that refused a leg are told, the answer to a BYE is not', () => {
    const statuses = ofKind(factsOf('04'), 'channel-ended').map((fact) => fact.sipStatus ?? null).sort();
    expect(statuses).toEqual([404, 486, 486, 503, 503, 603, null, null, null, null, null]);
    expect(ofKind(factsOf('03a'), 'channel-ended')).toMatchObject([{ sipStatus: 487, hungUpBy: 'far-end', cause: 'ORIGINATOR_CANCEL' }]);
  });

  it('a leg of a dialplan bridge belongs to its caller; a leg of ours names its call and tenant', () => {
    const [caller, callee] = ofKind(factsOf('02c'), 'channel-appeared');
    expect(caller?.callChannelId).toBe(caller?.channelId);
    expect(callee?.callChannelId).toBe(caller?.channelId);
    const [ours] = factsIn([made('CHANNEL_CREATE', { 'Unique-ID': 'leg', 'Call-Direction': 'outbound', variable_trunkline_call_id: 'call', variable_trunkline_tenant_id: 'tenant', variable_dialed_user: '1001' })]);
    expect(ours).toMatchObject({ callId: 'call', tenantId: 'tenant', origin: 'device', deviceUser: '1001' });
  });

  it('a device is who authenticated; a trunk only claims a name', () => {
    const inbound = { 'Unique-ID': 'leg', 'Call-Direction': 'inbound', 'Caller-Username': '1001' };
    const [device] = factsIn([made('CHANNEL_CREATE', { ...inbound, variable_sip_authorized: 'true', variable_user_name: '1001' })]);
    const [trunk] = factsIn([made('CHANNEL_CREATE', inbound)]);
    expect(device).toMatchObject({ origin: 'device', deviceUser: '1001' });
    expect(trunk).toMatchObject({ origin: 'trunk' });
    expect(trunk).not.toHaveProperty('deviceUser');
  });

  it('a heartbeat tells its sessions, and the clock offset where the time of receipt is known', () => {
    const [event] = eventsOf('02a').filter(({ name }) => name === 'HEARTBEAT');
    const at = 1795382228142;
    expect(event && new FreeswitchTranslator().translate(event, at + 30)).toMatchObject([{ kind: 'heartbeat', sessions: 2, clockOffsetMs: -30 }]);
    expect(event && new FreeswitchTranslator().translate(event)).not.toHaveProperty('0.clockOffsetMs');
  });

  it('a shutdown is announced', () => {
    expect(ofKind(factsOf('10f', 'before'), 'shutting-down').length).toBeGreaterThan(0);
  });
});

describe('what is odd', () => {
  it('an event without what it needs gives no fact and is counted by its name', () => {
    const translator = new FreeswitchTranslator();
    const odd = [
      made('CHANNEL_CREATE'),
      made('CHANNEL_CREATE', { 'Unique-ID': 'leg', 'Call-Direction': 'sideways' }),
      made('CHANNEL_ANSWER', { 'Unique-ID': 'two words' }),
      made('CHANNEL_BRIDGE', { 'Unique-ID': 'leg', 'Bridge-A-Unique-ID': 'leg' }),
      made('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': 'leg' }),
      made('DTMF', { 'Unique-ID': 'leg', 'DTMF-Digit': 'xx' }),
      made('BACKGROUND_JOB'),
      made('HEARTBEAT', { 'Session-Count': 'many' }),
      made('CHANNEL_ANSWER', { 'Unique-ID': 'leg', 'Event-Date-Timestamp': 'noon' }),
      { name: 'CHANNEL_ANSWER', headers: {} },
    ];
    expect(factsIn(odd, translator)).toEqual([]);
    expect(Object.fromEntries(translator.unusable)).toEqual({
      CHANNEL_CREATE: 2,
      CHANNEL_ANSWER: 3,
      CHANNEL_BRIDGE: 1,
      CHANNEL_HANGUP_COMPLETE: 1,
      DTMF: 1,
      BACKGROUND_JOB: 1,
      HEARTBEAT: 1,
    });
    expect(factsIn([made('constructor'), made('__proto__'), made('toString')], translator)).toEqual([]);
  });

  it('no change of any header makes it throw or tell an impossible time', () => {
    const seed = Number(process.env['TRUNKLINE_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
    console.log(`changed headers with TRUNKLINE_TEST_SEED=${seed}`);
    const random = new SeededRandom(seed);
    const events = ['02a', '04', '05c', '06a', '06c', '06e', '07a', '09', '10f'].flatMap((name) => eventsOf(name, name === '10f' ? 'before' : 'json'));
    const values = ['', '0', '-1', '999999999999999999', '1e9', 'NaN', '__proto__', 'a b', '\u0000', '%', '::::', '1:2:bl_xfer:', '9:u:bl_xfer:/', 'x'.repeat(5_000)];
    const translator = new FreeswitchTranslator();
    for (let i = 0; i < 20_000; i += 1) {
      const event = events[random.below(events.length)];
      if (event === undefined) continue;
      const names = Object.keys(event.headers);
      const headers: Record<string, string> = { ...event.headers };
      for (let changes = 1 + random.below(4); changes > 0; changes -= 1) {
        const name = names[random.below(names.length)] ?? '';
        if (random.next() < 0.4) delete headers[name];
        else headers[name] = values[random.below(values.length)] ?? '';
      }
      for (const fact of translator.translate({ ...event, headers }, Date.UTC(2026, 0, 1))) {
        expect(fact.at).toBe(new Date(fact.at).toISOString());
        expect(fact.factId).toMatch(/^[0-9a-f-]{36}$/);
      }
    }
    translator.gap();
    translator.retain(new Set());
    expect(translator.channelsRemembered).toBe(0);
  });

  it('a channel met in the middle of its life was not transferred just now', () => {
    const events = eventsOf('06c');
    const middle = events.findIndex((event) => event.headers['Caller-Transfer-Source']?.includes('bl_xfer')) + 1;
    const late = ofKind(factsIn(events.slice(middle)), 'channel-transferred');
    expect(late).toHaveLength(3);
  });

  it('nothing is remembered of a channel that is gone, in any recording that shows its end', () => {
    for (const recorded of captures()) {
      if (recorded.name.startsWith('12') || recorded.name.startsWith('15') || recorded.name.startsWith('10f')) continue;
      const translator = new FreeswitchTranslator();
      const events = eventsOf(recorded.name, recorded.connections.some(({ name }) => name === 'json') ? 'json' : recorded.connections[0]?.name ?? '');
      const alive = new Set<string>();
      for (const event of events) {
        translator.translate(event);
        const id = event.headers['Unique-ID'];
        if (id === undefined) continue;
        if (SUBSCRIBED_EVENTS.includes(event.name)) alive.add(id);
        if (event.name === 'CHANNEL_DESTROY') alive.delete(id);
      }
      expect([recorded.name, translator.channelsRemembered]).toEqual([recorded.name, alive.size]);
    }
  });

  it('after a gap only channels that are alive are remembered, and those that appeared since', () => {
    const translator = new FreeswitchTranslator();
    const appear = (id: string): EslEvent => made('CHANNEL_CREATE', { 'Unique-ID': id, 'Call-Direction': 'inbound' });
    factsIn([appear('dead'), appear('alive')], translator);
    translator.gap();
    factsIn([appear('new')], translator);
    translator.retain(new Set(['alive']));
    expect(translator.channelsRemembered).toBe(2);
    translator.retain(new Set());
    expect(translator.channelsRemembered).toBe(2);
  });
});
