import type { EslEvent } from '../../../src/telephony/adapters/freeswitch/esl-client.port.js';
import type { EslMessage } from '../../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { EslDecoder } from '../../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { urlDecode } from '../../../src/telephony/adapters/freeswitch/esl-events.js';
import { capture, captureConnection, captures } from '../../support/captures.js';

/**
 * The eighteen facts at the end of test/golden/esl/README.md, each as it stands in the recorded bytes. What
 * the engine makes of them is tested with the translator; here a change of the recordings, or of how
 * they are read, is caught.
 */
function messages(scenario: string, connection = 'json'): EslMessage[] {
  const decoder = new EslDecoder();
  return [...decoder.push(captureConnection(scenario, connection).bytes()), ...decoder.end()];
}
const events = (scenario: string, connection = 'json'): EslEvent[] => messages(scenario, connection).flatMap((message) => (message.kind === 'event' ? [message.event] : []));
const facts = (scenario: string): Record<string, unknown> => ({ ...capture(scenario).truth.facts });

const channelOf = (event: EslEvent): string => event.headers['Unique-ID'] ?? '';
/** Where in the order of arrival the channel has this event; -1 where it never does. */
const placeOf = (all: readonly EslEvent[], name: string, channel: string): number => all.findIndex((event) => event.name === name && channelOf(event) === channel);
const jobs = (all: readonly EslEvent[]): { readonly at: number; readonly id: string; readonly command: string; readonly arg: string; readonly result: string; readonly ok: boolean }[] =>
  all.flatMap((event, at) =>
    event.name === 'BACKGROUND_JOB'
      ? [{ at, id: event.headers['Job-UUID'] ?? '', command: event.headers['Job-Command'] ?? '', arg: event.headers['Job-Command-Arg'] ?? '', result: (event.body ?? '').trim(), ok: (event.body ?? '').startsWith('+OK') }]
      : [],
  );
const callsOf = (all: readonly EslEvent[], name: string): string[] => all.filter((event) => event.name === name).map(channelOf);

it('fact 1: bridged at the answer alone, the job says -ERR ORIGINATOR_CANCEL and the bridge works; after answer and park it says +OK', () => {
  const early = events('02g');
  const agent = String(facts('02g')['agent_uuid']);
  expect(jobs(early).map((job) => job.result)).toEqual(['-ERR ORIGINATOR_CANCEL']);
  expect(placeOf(early, 'CHANNEL_PARK', agent)).toBe(-1);
  const bridge = early.find((event) => event.name === 'CHANNEL_BRIDGE');
  expect(bridge?.headers['Bridge-B-Unique-ID']).toBe(agent);
  expect(placeOf(early, 'CHANNEL_HANGUP_COMPLETE', agent)).toBeGreaterThan(jobs(early)[0]?.at ?? Infinity);

  const late = events('02a');
  const parked = String(facts('02a')['agent_uuid']);
  const bridged = late.findIndex((event) => event.name === 'CHANNEL_BRIDGE');
  expect(jobs(late).map((job) => job.result)).toEqual([`+OK ${parked}`]);
  for (const needed of ['CHANNEL_ANSWER', 'CHANNEL_PARK']) {
    expect(placeOf(late, needed, parked)).toBeGreaterThan(-1);
    expect(placeOf(late, needed, parked)).toBeLessThan(bridged);
  }
  // A leg may be parked before it is answered: neither of the two says the other.
  const caller = String(facts('02a')['caller_uuid']);
  expect(placeOf(late, 'CHANNEL_PARK', caller)).toBeLessThan(placeOf(late, 'CHANNEL_ANSWER', caller));
});

describe('fact 2: jobs', () => {
  const load = events('12', '.');

  it('an originate succeeds after CHANNEL_ANSWER and mostly before CHANNEL_PARK', () => {
    const originates = jobs(load).filter((job) => job.command === 'originate' && job.ok);
    const agents = originates.map((job) => ({ at: job.at, channel: job.result.slice('+OK '.length) }));
    expect(agents).toHaveLength(35);
    for (const { at, channel } of agents) expect(placeOf(load, 'CHANNEL_ANSWER', channel)).toBeLessThan(at);
    const beforePark = agents.filter(({ at, channel }) => !(placeOf(load, 'CHANNEL_PARK', channel) < at && placeOf(load, 'CHANNEL_PARK', channel) !== -1));
    expect([beforePark.length, agents.length]).toEqual([34, 35]);
  });

  it('uuid_bridge says +OK before CHANNEL_BRIDGE', () => {
    const bridges = jobs(load).filter((job) => job.command === 'uuid_bridge' && job.ok);
    expect(bridges).toHaveLength(35);
    for (const { at, arg } of bridges) {
      const bridge = load.findIndex((event) => event.name === 'CHANNEL_BRIDGE' && event.headers['Bridge-A-Unique-ID'] === arg.split(' ')[0]);
      expect(bridge === -1 || bridge > at).toBe(true);
    }
  });

  const accepted = messages('04', 'plain').flatMap((message) => (message.kind === 'reply' ? (/^\+OK Job-UUID: (\S+)/.exec(message.text)?.[1] ?? []) : []));

  it('failed ones come before or after the HANGUP_COMPLETE of their leg, and not in the order asked', () => {
    const all = events('04');
    const complete = (cause: string): number => all.findIndex((event) => event.name === 'CHANNEL_HANGUP_COMPLETE' && event.headers['Hangup-Cause'] === cause);
    const job = (cause: string): number => jobs(all).find((each) => each.result === `-ERR ${cause}`)?.at ?? -1;
    expect(job('NO_ROUTE_DESTINATION')).toBeGreaterThan(-1);
    expect(job('NO_ROUTE_DESTINATION')).toBeLessThan(complete('NO_ROUTE_DESTINATION'));
    expect(complete('USER_BUSY')).toBeGreaterThan(-1);
    expect(job('USER_BUSY')).toBeGreaterThan(complete('USER_BUSY'));
    const done = jobs(all).map((each) => accepted.indexOf(each.id));
    expect(done).not.toEqual([...done].sort((first, second) => first - second));
  });

  it('take our Job-UUID and are sent to every subscriber, whoever asked', () => {
    expect(accepted).toHaveLength(13);
    expect(accepted).toContain('my-own-job-id-0001');
    for (const connection of ['plain', 'json']) expect(jobs(events('04', connection)).map((job) => job.id).sort()).toEqual([...accepted].sort());
  });
});

it('fact 3: BRIDGE and UNBRIDGE are fired on one leg only, the first that uuid_bridge names, and carry both', () => {
  let seen = 0;
  for (const { name } of captures().filter((each) => each.connections.some((connection) => connection.name === 'json'))) {
    const all = events(name);
    const pairs = all
      .filter((event) => event.name === 'CHANNEL_BRIDGE' || event.name === 'CHANNEL_UNBRIDGE')
      .map((event) => ({ kind: event.name, on: channelOf(event), a: event.headers['Bridge-A-Unique-ID'], b: event.headers['Bridge-B-Unique-ID'] }));
    for (const pair of pairs) expect([name, pair.on]).toEqual([name, pair.a]);
    for (const pair of pairs) expect(pair.b).toMatch(/^[\w-]{36}$/);
    seen += pairs.length;
  }
  expect(seen).toBeGreaterThan(30);

  const asked = captureConnection('06e', 'plain').commands.flatMap((line) => /^api uuid_bridge (\S+) (\S+)/.exec(line.cmd ?? '')?.slice(1, 3) ?? []);
  const told = events('06e').filter((event) => event.name === 'CHANNEL_BRIDGE').flatMap((event) => [event.headers['Bridge-A-Unique-ID'], event.headers['Bridge-B-Unique-ID']]);
  expect(told).toEqual(asked);
  expect(asked).toHaveLength(6);
});

it('fact 4: per channel the order of arrival is the same for every reader; HANGUP comes before UNBRIDGE on the leg that hung up, after it on the other', () => {
  const perChannel = (connection: string): Map<string, string[]> => {
    const order = new Map<string, string[]>();
    for (const event of events('06e', connection)) {
      // CUSTOM and API events are not of a channel.
      const channel = channelOf(event);
      if (channel !== '') order.set(channel, [...(order.get(channel) ?? []), `${event.headers['Event-Sequence']} ${event.name}`]);
    }
    return order;
  };
  expect(perChannel('json')).toEqual(perChannel('plain'));

  const all = events('02a');
  const { caller_uuid: caller, agent_uuid: agent } = facts('02a') as { caller_uuid: string; agent_uuid: string };
  const unbridged = all.findIndex((event) => event.name === 'CHANNEL_UNBRIDGE');
  expect(facts('02a')['ended_by']).toContain('agent BYE');
  expect(placeOf(all, 'CHANNEL_HANGUP', agent)).toBeLessThan(unbridged);
  expect(placeOf(all, 'CHANNEL_HANGUP', caller)).toBeGreaterThan(unbridged);
});

it('fact 5: CHANNEL_HANGUP has no billsec, no variable_hangup_cause and a hang-up time of 0; HANGUP_COMPLETE has all, and its cause twice', () => {
  let legs = 0;
  for (const scenario of ['01', '02a', '02c', '04', '06c', '14']) {
    for (const event of events(scenario)) {
      if (event.name === 'CHANNEL_HANGUP') {
        expect(event.headers).not.toHaveProperty('variable_billsec');
        expect(event.headers).not.toHaveProperty('variable_hangup_cause');
        expect(event.headers['Caller-Channel-Hangup-Time']).toBe('0');
        expect(event.headers['Hangup-Cause']).toMatch(/^[A-Z_]+$/);
      }
      if (event.name !== 'CHANNEL_HANGUP_COMPLETE') continue;
      const cause = event.headers['Hangup-Cause'] ?? '';
      expect(event.lists?.['Hangup-Cause']).toEqual([cause, cause]);
      expect(event.headers['variable_hangup_cause']).toBe(cause);
      expect(event.headers['variable_billsec']).toMatch(/^\d+$/);
      const leg = capture(scenario).truth.legs?.find((each) => each.uuid === channelOf(event));
      if (leg !== undefined) expect([cause, event.headers['Caller-Channel-Hangup-Time']]).toEqual([leg.hangup_cause, String(leg.end_uepoch)]);
      legs += 1;
    }
  }
  expect(legs).toBeGreaterThan(20);
});

describe('fact 6: Event-Sequence cannot detect a gap', () => {
  const numbers = (all: readonly EslEvent[]): number[] => all.map((event) => Number(event.headers['Event-Sequence']));

  it('numbers are missing where nothing was lost, inverted across channels, and given twice', () => {
    const complete = numbers(events('13a'));
    expect(Math.max(...complete) - Math.min(...complete) + 1 - complete.length).toBe(2);
    let highest = 0;
    const inverted = numbers(events('12', '.')).filter((number) => {
      const behind = number < highest;
      highest = Math.max(highest, number);
      return behind;
    });
    expect(inverted).toHaveLength(3);
    const tones = events('11b').filter((event) => event.name === 'DETECTED_TONE');
    expect(tones.map((event) => [event.headers['Event-Sequence'], channelOf(event) !== ''])).toEqual([['4288', false], ['4288', true]]);
  });

  it('what was missed while a connection was away is not sent again', () => {
    const whole = events('10c', 'json').filter((event) => /^CHANNEL_(CREATE|PARK|ANSWER|BRIDGE|UNBRIDGE|HANGUP|HANGUP_COMPLETE|DESTROY)$|^BACKGROUND_JOB$/.test(event.name));
    const before = numbers(events('10c', 'connB-1'));
    const after = numbers(events('10c', 'connB-2'));
    const missed = numbers(whole).filter((number) => number > Math.max(...before) && number < Math.min(...after));
    expect(missed.length).toBeGreaterThan(0);
    expect([...before, ...missed, ...after].sort((a, b) => a - b)).toEqual(numbers(whole).sort((a, b) => a - b));
  });

  it('a restart changes Core-UUID and starts again; the connection before it ends with a notice', () => {
    const before = events('10f', 'before').at(-1);
    const after = events('10f', 'after')[0];
    expect(before?.headers['Core-UUID']).toBe(facts('10f')['core_uuid_before']);
    expect(after?.headers['Core-UUID']).toBe(facts('10f')['core_uuid_after']);
    expect(Number(after?.headers['Event-Sequence'])).toBeLessThan(Number(before?.headers['Event-Sequence']));
    expect(messages('10f', 'before').at(-1)).toEqual({ kind: 'disconnect-notice', disposition: 'disconnect', text: 'The system is being shut down.' });
  });
});

it('fact 7: times are epoch microseconds with 0 for not set, Event-Date-Timestamp moves in steps of about 20 ms, Other-Leg-* outlives a transfer', () => {
  for (const event of events('02e')) {
    for (const [name, value] of Object.entries(event.headers)) {
      if (/^Caller-Channel-\w+-Time$/.test(name)) expect([name, value]).toEqual([name, expect.stringMatching(/^(0|1795\d{12})$/)]);
    }
  }
  for (const { name, connections } of captures()) {
    for (const connection of connections) {
      const ticks = [...new Set(events(name, connection.name).map((event) => Number(event.headers['Event-Date-Timestamp'])))].sort((a, b) => a - b);
      for (const [index, tick] of ticks.entries()) if (index > 0) expect([name, tick - (ticks[index - 1] ?? 0) > 18_000]).toEqual([name, true]);
    }
  }
  const all = events('02e');
  expect(all.length).toBeGreaterThan(5 * new Set(all.map((event) => event.headers['Event-Date-Timestamp'])).size);

  // Agent 1 handed the caller over to agent 2 and still names a leg that it has not been with for seconds.
  const { caller, agent1, agent2 } = facts('06e') as { caller: string; agent1: string; agent2: string };
  const handedOver = events('06e');
  const lastBridge = handedOver.findLastIndex((event) => event.name === 'CHANNEL_BRIDGE');
  expect([handedOver[lastBridge]?.headers['Bridge-A-Unique-ID'], handedOver[lastBridge]?.headers['Bridge-B-Unique-ID']]).toEqual([caller, agent2]);
  const released = handedOver[placeOf(handedOver, 'CHANNEL_HANGUP_COMPLETE', agent1)];
  expect(placeOf(handedOver, 'CHANNEL_HANGUP_COMPLETE', agent1)).toBeGreaterThan(lastBridge);
  expect(released?.headers['Other-Leg-Unique-ID']).toBe(agent2);
});

it('fact 8: plain loses a literal %20, JSON is exact; bodies are not encoded; ARRAY:: variables are lists', () => {
  const sent = (connection: string): EslEvent | undefined => events('10b', connection).find((event) => event.headers['X-Pct'] !== undefined);
  expect(sent('json')?.headers['X-Pct']).toBe('a%20b+c 100%');
  expect(sent('plain')?.headers['X-Pct']).toBe('a b+c 100%');
  for (const connection of ['json', 'plain']) {
    expect(sent(connection)?.headers).toMatchObject({ 'X-Utf8': 'Ñandú Œuvre 日本 €', 'X-Colon': 'a: b:c', 'content-type': 'text/plain; charset=utf-8' });
    expect(sent(connection)?.body).toBe('cuerpo ñandú 日本\nsegunda línea\n');
    expect(sent(connection)?.lists).toEqual({ 'x-dup': ['1', '2'] });
  }
  const variable = (connection: string): string | undefined => events('10b', connection).findLast((event) => event.headers['variable_nl_var'] !== undefined)?.headers['variable_nl_var'];
  expect(variable('json')).toBe('línea 1\nlínea 2: "x" %0A ok\r\nfin');
  expect(variable('plain')).toBe(urlDecode(variable('json') ?? ''));

  for (const connection of ['json', 'plain']) {
    const listed = events('02e', connection).findLast((event) => event.lists?.['variable_transfer_history'] !== undefined);
    expect(listed?.lists?.['variable_transfer_history']).toHaveLength(2);
    expect(listed?.headers['variable_transfer_history']).toBe(listed?.lists?.['variable_transfer_history']?.[1]);
  }
});

it('fact 9: lengths are bytes, events have bodies with a length of their own, headers repeat and the last wins', () => {
  const answers = messages('10b', 'plain').flatMap((message) => (message.kind === 'api-response' ? [message.body] : []));
  expect(answers).toContain('ünïcødé  日本');
  expect(answers.some((body) => body.endsWith('\n')) && answers.some((body) => !body.endsWith('\n'))).toBe(true);
  for (const connection of ['json', 'plain']) {
    const all = events('10b', connection);
    const tricky = all.find((event) => event.headers['X-Trick'] !== undefined);
    expect(tricky?.body).toBe('Content-Length: 9\n\nEvent-Name: FAKE\n\n');
    expect(tricky?.headers['content-length']).toBe('37');
    expect(tricky?.headers['Content-Length']).toBe('37');
    expect(all.some((event) => event.name === 'FAKE')).toBe(false);
  }
  let twice = 0;
  for (const { name } of captures().filter((each) => each.connections.some((connection) => connection.name === 'json'))) {
    for (const event of events(name)) {
      if ((event.lists?.['Event-Name']?.length ?? 1) === 1) continue;
      expect([event.name, event.lists?.['Event-Name']]).toEqual(['PRIVATE_COMMAND', ['COMMAND', 'PRIVATE_COMMAND']]);
      twice += 1;
    }
  }
  expect(twice).toBe(6);
  const conference = events('09').find((event) => event.subclass === 'conference::maintenance' && (event.lists?.['Conference-Name']?.length ?? 0) > 1);
  expect(conference).toBeDefined();
});

it('fact 10: a reader that lags is told so inside an unfinished frame, and every whole event before it is read', () => {
  const all = messages('15', 'plain');
  expect(all.slice(-2)).toEqual([
    { kind: 'torn-frame', message: expect.stringContaining('4178 of 4191 bytes of an event') },
    { kind: 'disconnect-notice', disposition: 'disconnect', text: 'killed listener because of lost events' },
  ]);
  expect(all.filter((message) => message.kind === 'event')).toHaveLength(1248);
  expect(all.filter((message) => message.kind === 'protocol-error')).toEqual([]);
});

it('fact 11: a blocking api holds the events of its own connection back until it is answered, a bgapi does not', () => {
  const kindsAfter = (connection: string, bytes: number): string[] => {
    const decoder = new EslDecoder();
    decoder.push(captureConnection('10d', connection).bytes().subarray(0, bytes));
    return decoder.push(captureConnection('10d', connection).bytes().subarray(bytes)).map((message) => message.kind);
  };
  const sentAt = (connection: string, command: string): { readonly ms: number; readonly bytes: number } => {
    const line = captureConnection('10d', connection).commands.find((each) => each.cmd?.startsWith(command));
    return { ms: line?.t_ms ?? NaN, bytes: line?.raw_off ?? NaN };
  };
  const blocking = sentAt('conn-api', 'api msleep 2000');
  expect(kindsAfter('conn-api', blocking.bytes).slice(0, 11)).toEqual(['api-response', ...Array.from({ length: 10 }, () => 'event')]);
  const firstPiece = captureConnection('10d', 'conn-api').chunks.find(([ms]) => ms > blocking.ms);
  expect(firstPiece?.[0]).toBeGreaterThan(blocking.ms + 2_000);

  const background = sentAt('conn-bgapi', 'bgapi msleep 2000');
  const pieces = captureConnection('10d', 'conn-bgapi').chunks.filter(([ms]) => ms > background.ms && ms < background.ms + 2_000);
  expect(pieces.length).toBeGreaterThanOrEqual(10);
});

it('fact 12: the first CODEC events of an originated leg may carry a temporary uuid, CHANNEL_CREATE has ours; an invalid gateway or profile gives only CHANNEL_DESTROY', () => {
  const all = events('02b');
  const renamed = all.find((event) => event.name === 'CHANNEL_UUID');
  const ours = String(facts('02b')['agent_uuid']);
  const temporary = renamed?.headers['Old-Unique-ID'] ?? '';
  expect(renamed?.headers['Unique-ID']).toBe(ours);
  expect(callsOf(all, 'CODEC').filter((channel) => channel === temporary)).toHaveLength(2);
  expect(callsOf(all, 'CHANNEL_CREATE')).toContain(ours);
  expect(callsOf(all, 'CHANNEL_CREATE')).not.toContain(temporary);

  const failed = events('04');
  const created = new Set(callsOf(failed, 'CHANNEL_CREATE'));
  const neverCreated = [...new Set(callsOf(failed, 'CHANNEL_DESTROY'))].filter((channel) => !created.has(channel));
  expect(neverCreated).toHaveLength(2);
  for (const channel of neverCreated) expect(new Set(failed.filter((event) => channelOf(event) === channel).map((event) => event.name))).toEqual(new Set(['CHANNEL_STATE', 'CHANNEL_DESTROY']));
  expect(jobs(failed).map((job) => job.result)).toEqual(expect.arrayContaining(['-ERR INVALID_GATEWAY', '-ERR INVALID_PROFILE']));
});

it('fact 13: the caller id of an outbound leg turns round after the answer', () => {
  const all = events('02a');
  const agent = String(facts('02a')['agent_uuid']);
  const numbers = (name: string): (string | undefined)[] => {
    const headers = all[placeOf(all, name, agent)]?.headers;
    return [headers?.['Caller-Caller-ID-Number'], headers?.['Caller-Callee-ID-Number']];
  };
  expect(numbers('CHANNEL_CREATE')).toEqual(['60011', 'agent']);
  expect(numbers('CHANNEL_ANSWER')).toEqual(['60011', 'agent']);
  expect(numbers('CHANNEL_PARK')).toEqual(['agent', '60011']);
});

it('fact 14: loopback adds two legs, eavesdrop fires no BRIDGE, a consultation parks the caller again', () => {
  const loopback = events('02b').filter((event) => event.name === 'CHANNEL_CREATE');
  expect(loopback.map((event) => event.headers['Channel-Name']?.split('/')[0])).toEqual(['sofia', 'loopback', 'loopback']);

  const supervised = events('06g');
  const { supervisor1 } = facts('06g') as { supervisor1: string };
  expect(placeOf(supervised, 'CHANNEL_ANSWER', supervisor1)).toBeGreaterThan(-1);
  for (const event of supervised.filter((each) => each.name === 'CHANNEL_BRIDGE')) expect([event.headers['Bridge-A-Unique-ID'], event.headers['Bridge-B-Unique-ID']]).not.toContain(supervisor1);

  const consulted = events('06e');
  const { caller } = facts('06e') as { caller: string };
  expect(callsOf(consulted, 'CHANNEL_PARK').filter((channel) => channel === caller)).toHaveLength(2);
});

it('fact 15: without event-lock queued playbacks nest, and the first completes last', () => {
  const playbacks = events('11a').filter((event) => event.headers['Application'] === 'playback' && event.name.startsWith('CHANNEL_EXECUTE'));
  const order = (name: string): (string | undefined)[] => playbacks.filter((event) => event.name === name).map((event) => event.headers['Application-UUID']);
  expect(order('CHANNEL_EXECUTE')).toEqual(['app-3', 'app-4', 'app-6', 'app-7']);
  expect(order('CHANNEL_EXECUTE_COMPLETE')).toEqual(['app-4', 'app-6', 'app-7', 'app-3']);
});

it('fact 16: an unknown dialplan application is accepted, and ends the call with DESTINATION_OUT_OF_ORDER', () => {
  const sent = captureConnection('10b', 'plain').commands;
  const unknown = sent.findIndex((line) => line.cmd?.endsWith('execute-app-name: nosuchapp'));
  expect(sent[unknown + 1]).toMatchObject({ type: 'reply', text: '+OK' });
  const ended = events('10b').filter((event) => event.name === 'CHANNEL_HANGUP_COMPLETE');
  expect(ended.map((event) => event.headers['Hangup-Cause'])).toEqual(['DESTINATION_OUT_OF_ORDER']);
});

it('fact 17: an outbound socket that lingers gets an empty notice and later a final one; where nobody listens, or we close, the call ends', () => {
  const all = messages('13a', 'outbound-socket');
  const notices = all.flatMap((message, at) => (message.kind === 'disconnect-notice' ? [{ at, ...message }] : []));
  const channel = String(facts('13a')['uuid']);
  expect(notices).toEqual([
    { at: expect.any(Number), kind: 'disconnect-notice', disposition: 'linger', channelId: channel, lingerSeconds: 3, text: '' },
    { at: all.length - 1, kind: 'disconnect-notice', disposition: 'disconnect', channelId: channel, text: expect.stringContaining('Disconnected, goodbye.') },
  ]);
  const connected = all[0];
  expect(connected).toMatchObject({ kind: 'reply', text: '+OK', channelData: { name: 'CHANNEL_DATA' } });

  const twoCalls = events('13c');
  const [closedByUs, nobodyListens] = callsOf(twoCalls, 'CHANNEL_CREATE');
  for (const call of [closedByUs, nobodyListens]) {
    const last = twoCalls.findLastIndex((event) => event.name === 'CHANNEL_EXECUTE_COMPLETE' && channelOf(event) === call);
    expect(twoCalls[last]?.headers['Application']).toBe('socket');
    expect(placeOf(twoCalls, 'CHANNEL_HANGUP', call ?? '')).toBe(twoCalls.findIndex((event, at) => at > last && event.name === 'CHANNEL_HANGUP'));
  }
});

it('fact 18: a wrong password gets -ERR invalid, a notice and a close; a command before the authentication is refused and the connection stays usable', () => {
  expect(messages('10a', 'conn-bad-password')).toEqual([
    { kind: 'auth-request' },
    { kind: 'reply', text: '-ERR invalid' },
    { kind: 'disconnect-notice', disposition: 'disconnect', text: expect.stringContaining('Disconnected, goodbye.') },
  ]);
  const early = messages('10a', 'conn-command-before-auth');
  expect(early.slice(0, 5)).toEqual([
    { kind: 'auth-request' },
    { kind: 'reply', text: '-ERR command not found' },
    { kind: 'reply', text: '-ERR command not found' },
    { kind: 'reply', text: '+OK accepted' },
    { kind: 'api-response', body: expect.stringMatching(/^UP 0 years/) },
  ]);
  expect(messages('10e', 'conn-rejected').map((message) => message.kind)).toEqual(['rude-rejection', 'disconnect-notice']);
});
