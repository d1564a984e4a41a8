import type { SwitchCdr } from '../../../src/simulator/switch/cdr-poster.port.js';
import { trunklineDialplan } from '../../../src/simulator/switch/dialplan.js';
import { parseDialString, splitDialString } from '../../../src/simulator/switch/dial-string.js';
import { KNOWN_EVENT_NAMES } from '../../../src/simulator/switch/event-names.js';
import { Truth } from '../../../src/simulator/truth.js';
import { SUBSCRIBED_EVENTS } from '../../../src/telephony/adapters/freeswitch/freeswitch-translator.js';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { answeringPhone } from '../../support/phones.js';
import { simulatedNode, telephone } from '../../support/simulated-node.js';

const call = { from: '+491511234567', fromName: 'Caller', to: '+4930555010' };

describe('the dialplan that the simulated switch runs', () => {
  it('parks a caller unanswered under a task that goes to the fallback after 10 s', () => {
    const { clock, node, connect } = simulatedNode();
    const client = connect('auth ClueCon', 'event json all');
    const truth = new Truth({ fallbackExtension: 'trunkline-fallback' });
    node.observe(truth.observe);
    const line = node.placeCall(call, {});
    clock.advance(100);
    const armed = client.events.find((event) => event.name === 'ADD_SCHEDULE')!;
    expect(armed.headers['Task-Group']).toBe(`trunkline-${line.channelId}`);
    const parked = client.events.find((event) => event.name === 'CHANNEL_PARK')!;
    expect([parked.headers['Answer-State'], parked.headers['variable_trunkline_armed']]).toEqual(['ringing', `+OK Added: ${armed.headers['Task-ID']}`]);
    clock.advance(8_800);
    expect(truth.outcomeOf(truth.calls[0]!)).toBe('open');
    clock.advance(7_000);
    expect(truth.outcomeOf(truth.calls[0]!)).toBe('stranded');
    expect(truth.calls[0]!.cause).toBe('NORMAL_TEMPORARY_FAILURE');
  });

  it('deleting the task of a caller leaves the tasks of others', () => {
    const { clock, node, connect } = simulatedNode();
    const client = connect('auth ClueCon');
    const [taken, left] = [node.placeCall(call, {}), node.placeCall(call, {})];
    clock.advance(50);
    client.send(`api sched_del trunkline-${taken.channelId}`);
    clock.advance(20_000);
    expect(client.replies.at(-1)).toBe('+OK Deleted: 1\n');
    expect([taken.alive, left.alive]).toEqual([true, false]);
  });

  it('bridges emergency numbers by itself, with nobody connected', () => {
    const scene = simulatedNode({ dial: (address) => telephone(address.split('/').at(-1)!, answeringPhone(scene.clock)) });
    const truth = new Truth({ fallbackExtension: 'trunkline-fallback' });
    scene.node.observe(truth.observe);
    const line = scene.node.placeCall({ ...call, to: '112' }, {});
    scene.clock.advance(2_000);
    expect(truth.calls[0]!.bridges).toHaveLength(1);
    line.hangUp();
    scene.clock.advance(200);
    expect(truth.totals().outcomes.emergency).toBe(1);
    expect(scene.node.channels.size).toBe(0);
  });

  it('a number that nobody has ends with NO_ROUTE_DESTINATION', () => {
    const { clock, node, connect } = simulatedNode({ dialplan: { route: () => undefined } });
    const client = connect('auth ClueCon', 'event json CHANNEL_HANGUP_COMPLETE');
    node.placeCall(call, {});
    clock.advance(200);
    expect(client.events.map((event) => [event.headers['Hangup-Cause'], event.headers['variable_sip_hangup_disposition'], event.headers['variable_hangup_cause_q850']])).toEqual([['NO_ROUTE_DESTINATION', 'send_refuse', '3']]);
  });

  it("a device's own call goes out by itself and says whose it is", () => {
    const scene = simulatedNode({ dial: (address) => telephone(address.split('/').at(-1)!, answeringPhone(scene.clock)) });
    const client = scene.connect('auth ClueCon', 'event json CHANNEL_CREATE CHANNEL_BRIDGE');
    scene.node.placeCall({ from: '1001', fromName: 'Agent', to: '+4930123456', authenticatedUser: '1001' }, {});
    scene.clock.advance(2_000);
    expect(client.events.map((event) => [event.name, event.headers['Caller-Destination-Number'], event.headers['variable_sip_auth_username']])).toEqual([
      ['CHANNEL_CREATE', '+4930123456', '1001'],
      ['CHANNEL_CREATE', '+4930123456', undefined],
      ['CHANNEL_BRIDGE', '+4930123456', '1001'],
    ]);
  });

  it('routes its own extensions before it parks', () => {
    const plan = trunklineDialplan({ extensions: { '100': [{ app: 'answer', data: '' }] } });
    const apps = (destination: string): string[] => (plan.route({ destination, channelId: 'c', authenticated: false }) ?? []).map((planned) => planned.app);
    expect([apps('100'), apps('+49301'), apps('112'), apps('trunkline-fallback')]).toEqual([['answer'], ['set', 'set', 'park'], ['set', 'set', 'bridge'], ['answer', 'playback', 'hangup']]);
  });

  it('knows every event that the engine asks for', () => {
    expect(SUBSCRIBED_EVENTS.filter((name) => !KNOWN_EVENT_NAMES.has(name))).toEqual([]);
  });
});

describe('a dial string', () => {
  it('is split from what follows it, and its variables are read with quotes, blanks and escapes', () => {
    const [dialString, rest] = splitDialString("{a=1,b='x, y',c=it\\'s}[d=4]user/1001@domain &park() XML default");
    expect(rest).toBe('&park() XML default');
    const { address, variables } = parseDialString(dialString);
    expect(address).toBe('user/1001@domain');
    expect([...variables]).toEqual([['a', '1'], ['b', 'x, y'], ['c', "it's"], ['d', '4']]);
    expect([...parseDialString('{^^:a=1:b=2,3}user/1').variables]).toEqual([['a', '1'], ['b', '2,3']]);
    expect(parseDialString('user/1').address).toBe('user/1');
  });
});

describe("the switch's own CDR", () => {
  /** The shape of a value: which keys, and of what kind. */
  const shape = (value: unknown): unknown => {
    if (Array.isArray(value)) return [shape(value[0])];
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
    return typeof value;
  };
  const parts = (body: string) => {
    const cdr = JSON.parse(body) as { variables: Record<string, string>; callflow: Record<string, unknown>[]; callStats: unknown; app_log?: unknown };
    const { variables, callflow, callStats: _stats, app_log: _log, ...rest } = cdr;
    return { variables, rest: shape(rest), times: shape(callflow[0]!['times']), profile: shape(callflow[0]!['caller_profile']), flows: callflow.length };
  };

  it('has the shape of a recorded one, and its variables', () => {
    const cdrs: SwitchCdr[] = [];
    const { clock, node, connect } = simulatedNode({ cdrPoster: { post: (cdr) => void cdrs.push(cdr) } });
    const client = connect('auth ClueCon');
    const caller = node.placeCall(call, {});
    clock.advance(50);
    client.send(`api uuid_answer ${caller.channelId}`);
    client.send('bgapi originate {origination_uuid=leg}user/1001@x &park()');
    clock.advance(700);
    client.send(`api uuid_bridge ${caller.channelId} leg`);
    clock.advance(2_000);
    caller.hangUp();
    clock.advance(200);
    const folder = fileURLToPath(new URL('../../golden/esl/json-cdr/', import.meta.url));
    const recorded = readdirSync(folder).filter((file) => file.endsWith('.http')).map((file) => readFileSync(`${folder}${file}`, 'utf8').split('\r\n\r\n')[1]!).map(parts);
    expect(cdrs.map((cdr) => cdr.leg).sort()).toEqual(['a', 'b']);
    for (const cdr of cdrs) {
      const ours = parts(cdr.body);
      const theirs = recorded.find((other) => other.variables['direction'] === ours.variables['direction'])!;
      expect([ours.rest, ours.times, ours.flows]).toEqual([theirs.rest, theirs.times, theirs.flows]);
      const told = Object.keys(theirs.variables).filter((name) => /epoch|sec$|duration|^hangup_cause|_stamp$|^bridge_|^last_bridge|^sip_(term|hangup)|^direction$|^uuid$/.test(name));
      expect(told.filter((name) => !name.startsWith('cc_') && !(name in ours.variables))).toEqual([]);
    }
  });
});
