import type { EslEvent } from '../../../src/telephony/adapters/freeswitch/esl-client.port.js';
import type { PlannedApp } from '../../../src/simulator/switch/channel.js';
import type { Dialplan } from '../../../src/simulator/switch/dialplan.js';
import type { FarEnd, Line } from '../../../src/simulator/switch/far-end.js';
import { eventsOf } from '../../support/capture-facts.js';
import { simulatedNode, telephone, type SimulatedClient } from '../../support/simulated-node.js';

const app = (name: string, data = ''): PlannedApp => ({ app: name, data });

/** The extensions that the recorded switch had. */
const LAB: Readonly<Record<string, readonly PlannedApp[]>> = {
  '9000': [app('park')],
  '9002': [app('ring_ready'), app('park')],
  '9003': [app('answer'), app('park')],
  '9104': [app('answer'), app('set', 'ivr_menu_name=main'), app('play_and_get_digits', '2 4 2 6000 # tone_stream://%(200,100,660);loops=2 tone_stream://%(300,100,220) ivr_digits \\d+ 2500'), app('log', 'NOTICE IVR collected '), app('playback', 'tone_stream://%(200,100,880);loops=3'), app('hangup')],
  '9103': [app('answer'), app('sleep', '3000'), app('hangup', 'NORMAL_CLEARING')],
  '9001': [app('bridge', 'sofia/internal/answers@192.0.2.20')],
  '9100': [app('answer'), app('playback', 'tone_stream://%(400,3600,440);loops=-1')],
};
const lab: Dialplan = { route: ({ destination }) => LAB[destination] };

type Phone = 'answers' | 'never-answers' | 'busy' | 'unknown' | 'declines' | 'unavailable';
const REFUSALS: Partial<Record<Phone, number>> = { busy: 486, unknown: 404, declines: 603, unavailable: 503 };

interface Stage {
  readonly client: SimulatedClient;
  readonly api: (command: string) => void;
  readonly wait: (ms: number) => void;
  readonly call: (to: string) => Line;
  readonly lines: Map<string, Line>;
}

/** Plays a recorded scenario on the simulated switch and gives what a client saw. */
const play = (script: (stage: Stage) => void): EslEvent[] => {
  const lines = new Map<string, Line>();
  const { clock, node, connect } = simulatedNode({
    dialplan: lab,
    settings: { inversion: 0, heartbeatMs: 3_600_000, jobBeforePark: 1 },
    dial: (address) => {
      const kind = (/internal\/([\w-]+)/.exec(address)?.[1] ?? 'answers') as Phone;
      if (address.includes('/nosuch')) return { kind: 'no-channel', cause: 'INVALID_GATEWAY' };
      if (address.startsWith('sofia/gateway/dead')) return { kind: 'unreachable', channelName: 'sofia/external/900123', destination: '900123', cause: 'NORMAL_TEMPORARY_FAILURE' };
      if (address.startsWith('user/')) return { kind: 'nothing', cause: 'SUBSCRIBER_ABSENT' };
      const phone: FarEnd = {
        invited(line) {
          lines.set(line.channelId, line);
          line.ring();
          const refusal = REFUSALS[kind];
          if (refusal !== undefined) clock.after(700, () => line.refuse(refusal));
          else if (kind === 'answers') clock.after(520, () => line.answer());
        },
      };
      return telephone('agent', phone);
    },
  });
  const client = connect('auth ClueCon', 'event json all');
  script({
    client,
    api: (command) => {
      client.send(command);
      clock.advance(20);
    },
    wait: (ms) => clock.advance(ms),
    call: (to) => node.placeCall({ from: '60011', fromName: 'Caller Uno', to }, {}),
    lines,
  });
  clock.advance(2_000);
  return client.events;
};

/** What a subscriber can tell about an event of a channel, free of ids and times. */
const tale = (event: EslEvent): string => {
  const h = event.headers;
  const application = h['Application'] === undefined ? '' : ` ${h['Application']}(${(h['Application-Data'] ?? '').replace(/[0-9a-f-]{36}/, 'uuid').replace(/sofia\/.*/, 'address')})=${h['Application-Response'] ?? ''}`;
  const other = h['Other-Type'] ?? 'alone';
  const details = [h['Channel-Call-State'], h['Answer-State'], h['Hangup-Cause'] ?? '', h['Playback-File-Path'] ?? '', h['DTMF-Digit'] ?? '', other];
  return `${event.name} ${h['Channel-State']} ${details.join(' ')}${application}`;
};

/** CS_CONSUME_MEDIA is seen or not, and now or then, as two threads of the real switch happen to meet. */
const fleeting = (event: EslEvent): boolean => event.name === 'CHANNEL_STATE' && event.headers['Channel-State'] === 'CS_CONSUME_MEDIA';
/** Left out: what the lab's supervisor did besides, and the look of a paused media bug. */
const besides = new Set(['MEDIA_BUG_START', 'MEDIA_BUG_STOP']);

const channelsOf = (events: readonly EslEvent[]): EslEvent[][] => {
  const channels = new Map<string, EslEvent[]>();
  for (const event of events) {
    const id = event.headers['Unique-ID'];
    if (id === undefined || fleeting(event) || besides.has(event.name) || event.name === 'CUSTOM' || (event.headers['Channel-Name'] ?? '').startsWith('loopback/')) continue;
    const channel = channels.get(id);
    if (channel) channel.push(event);
    else channels.set(id, [event]);
  }
  return [...channels.values()];
};

/** In a leg that rings, the state in which it is told may be one step behind. */
const settled = (text: string): string => text.replace(/^(CHANNEL_PROGRESS|CHANNEL_CALLSTATE) CS_(ROUTING|CONSUME_MEDIA) (DOWN|RINGING) ringing/, '$1 CS_* $3 ringing');

const talesOf = (events: readonly EslEvent[]): string[][] => channelsOf(events).map((channel) => channel.map((event) => settled(tale(event))));

const DIAL = (uuid: string, options: string, address: string): string =>
  `bgapi originate {origination_uuid=${uuid},origination_caller_id_name='Cola Ventas',origination_caller_id_number=60011${options}}${address} &park()`;
const AGENT = '11111111-1111-4111-8111-111111111111';
const AGENT2 = '22222222-2222-4222-8222-222222222222';

const AGENT3 = '33333333-3333-4333-8333-333333333333';

const talk = ({ api, wait, call }: Stage, agent = AGENT): Line => {
  const caller = call('9003');
  wait(100);
  api(DIAL(agent, '', 'sofia/internal/answers@192.0.2.20'));
  wait(900);
  api(`api uuid_bridge ${caller.channelId} ${agent}`);
  wait(500);
  return caller;
};

const SCENARIOS: Readonly<Record<string, (stage: Stage) => void>> = {
  '02a': (stage) => {
    const { api, wait, call, lines } = stage;
    const caller = call('9000');
    wait(100);
    api(`api uuid_answer ${caller.channelId}`);
    api(`api uuid_broadcast ${caller.channelId} local_stream://moh aleg`);
    wait(1_000);
    api(DIAL(AGENT, '', 'sofia/internal/answers@192.0.2.20'));
    wait(600);
    api(`api uuid_bridge ${caller.channelId} ${AGENT}`);
    wait(3_500);
    lines.get(AGENT)!.hangUp();
  },
  '02c': ({ call, wait }) => {
    const caller = call('9001');
    wait(3_800);
    caller.hangUp();
  },
  '02d': ({ api, wait, call, lines: _lines }) => {
    const caller = call('9000');
    wait(100);
    api(`api uuid_answer ${caller.channelId}`);
    api(`api uuid_broadcast ${caller.channelId} local_stream://moh aleg`);
    api(DIAL(AGENT, ',originate_timeout=3,leg_timeout=3', 'sofia/internal/never-answers@192.0.2.20'));
    wait(3_100);
    api(DIAL(AGENT2, '', 'sofia/internal/answers@192.0.2.20'));
    wait(900);
    api(`api uuid_bridge ${caller.channelId} ${AGENT2}`);
    wait(5_000);
    caller.hangUp();
  },
  '02e': (stage) => {
    const { api, wait, call, lines } = stage;
    const caller = call('9003');
    wait(100);
    api(`api uuid_setvar ${caller.channelId} park_after_bridge true`);
    api(`api uuid_setvar ${caller.channelId} hangup_after_bridge false`);
    api(DIAL(AGENT, '', 'sofia/internal/answers@192.0.2.20'));
    wait(700);
    api(`api uuid_bridge ${caller.channelId} ${AGENT}`);
    wait(3_000);
    lines.get(AGENT)!.hangUp();
    wait(100);
    api(DIAL(AGENT2, '', 'sofia/internal/answers@192.0.2.20'));
    wait(900);
    api(`api uuid_bridge ${caller.channelId} ${AGENT2}`);
    wait(3_000);
    caller.hangUp();
  },
  '02g': ({ api, wait, call }) => {
    const caller = call('9003');
    wait(100);
    api(DIAL(AGENT, '', 'sofia/internal/answers@192.0.2.20'));
    wait(503);
    api(`api uuid_bridge ${caller.channelId} ${AGENT}`);
    wait(4_000);
    caller.hangUp();
  },
  '04': ({ api, wait }) => {
    const legs = ['busy', 'never-answers', 'unknown', 'declines', 'unavailable'].map((kind) => `sofia/internal/${kind}@192.0.2.20`);
    for (const [i, address] of [...legs, 'sofia/gateway/nosuch/900123', 'sofia/gateway/deadgw/900123', 'sofia/nosuch/x'].entries()) api(`bgapi originate {originate_timeout=${i === 1 ? 3 : 60}}${address} &park()`);
    api('bgapi originate user/9999@192.0.2.10 &park()');
    api(`bgapi originate {origination_uuid=${AGENT}}sofia/internal/answers@192.0.2.20 &park()`);
    api('bgapi originate {originate_timeout=2}sofia/internal/never-answers@192.0.2.20 &park()\nJob-UUID: my-own-job-id-0001');
    wait(4_000);
    api('api originate sofia/internal/busy@192.0.2.20 &park()');
    wait(1_000);
    api(`api uuid_kill ${AGENT}`);
  },
  '05c': ({ api, wait, call, client }) => {
    call('9104');
    wait(15_100);
    const caller = call('9003');
    wait(20);
    client.send(`sendmsg ${caller.channelId}\ncall-command: execute\nexecute-app-name: play_and_get_digits\nexecute-app-arg: 1 4 1 5000 # tone_stream://%(300,100,660) silence_stream://100 mydigits \\d+ 3000\nEvent-UUID: app-uuid-pagd-1`);
    wait(1_000);
    api(`api uuid_recv_dtmf ${caller.channelId} 4*`);
    wait(500);
    api(`api uuid_recv_dtmf ${caller.channelId} 2`);
    wait(3_100);
    caller.press('123');
    wait(2_000);
    api(`api uuid_kill ${caller.channelId}`);
  },
  '11a': ({ api, wait, call, client }) => {
    const caller = call('9000');
    wait(100);
    const execute = (name: string, arg: string, more = ''): void => client.send(`sendmsg ${caller.channelId}\ncall-command: execute\nexecute-app-name: ${name}\nexecute-app-arg: ${arg}${more}\nEvent-UUID: app-${name}`);
    execute('answer', '');
    execute('set', 'foo=bar');
    execute('playback', 'tone_stream://%(500,100,440)', '\nloops: 2');
    execute('playback', 'tone_stream://%(400,100,880)', '\nevent-lock: true');
    execute('sleep', '300', '\nevent-lock: true');
    execute('playback', '/nonexistent/file.wav');
    execute('playback', 'tone_stream://%(10000,100,440)');
    wait(1_550);
    api(`api uuid_break ${caller.channelId} all`);
    wait(100);
    execute('wait_for_silence', '200 10 5 2000');
    wait(2_100);
    client.send(`sendmsg ${caller.channelId}\ncall-command: hangup\nhangup-cause: NORMAL_CLEARING`);
  },
  '03a': ({ call, wait }) => {
    const caller = call('9002');
    wait(3_000);
    caller.hangUp();
  },
  '03b': ({ api, call, wait }) => {
    const caller = call('9000');
    wait(50);
    api(`api uuid_answer ${caller.channelId}`);
    api(`api uuid_broadcast ${caller.channelId} local_stream://moh aleg`);
    wait(1_500);
    api(DIAL(AGENT, '', 'sofia/internal/never-answers@192.0.2.20'));
    wait(3_500);
    caller.hangUp();
    wait(40);
    api(`api uuid_kill ${AGENT} ORIGINATOR_CANCEL`);
  },
  '06c': (stage) => {
    const caller = talk(stage);
    stage.wait(1_500);
    stage.api(`api uuid_transfer ${caller.channelId} 9103 XML default`);
    stage.wait(4_000);
    const second = talk(stage, AGENT2);
    stage.api(`api uuid_transfer ${second.channelId} -bleg 9103 XML default`);
    stage.wait(4_000);
    const third = talk(stage, AGENT3);
    stage.api(`api uuid_transfer ${third.channelId} -both 9103 XML default`);
    stage.wait(4_000);
  },
  '06a': (stage) => {
    const caller = talk(stage);
    for (const command of ['', 'off ', 'toggle ', 'toggle ']) {
      stage.wait(1_000);
      stage.api(`api uuid_hold ${command}${AGENT}`);
    }
    stage.wait(3_000);
    caller.hangUp();
  },
  '06b': (stage) => {
    const caller = talk(stage);
    stage.wait(2_000);
    caller.hold();
    stage.wait(2_500);
    caller.resume();
    stage.wait(2_000);
    caller.hangUp();
  },
  '06d': (stage) => {
    const caller = talk(stage);
    stage.wait(2_000);
    caller.refer('9100');
    stage.wait(3_000);
    stage.api(`api uuid_kill ${AGENT}`);
  },
  '07a': (stage) => {
    const caller = talk(stage);
    const record = (rest: string): void => stage.api(`api uuid_record ${caller.channelId} ${rest}`);
    record('start /var/fs/recordings/cap/one.wav');
    stage.wait(1_500);
    record('mask /var/fs/recordings/cap/one.wav');
    record('unmask /var/fs/recordings/cap/one.wav');
    record('stop /var/fs/recordings/cap/one.wav');
    record('stop /var/fs/recordings/cap/none.wav');
    record('start /proc/nope/x.wav');
    record('start /var/fs/recordings/cap/two.wav 60');
    stage.wait(2_000);
    stage.api(`api uuid_kill ${AGENT}`);
  },
};

describe('a recorded scenario, played on the simulated switch', () => {
  it.each(Object.keys(SCENARIOS))('%s: each leg tells the same events in the same order with the same states', (name) => {
    const recorded = talesOf(eventsOf(name));
    const simulated = talesOf(play(SCENARIOS[name]!));
    expect(simulated).toEqual(recorded);
  });
});

/** Names of an event's headers, variables apart. A channel variable is a matter of its configuration. */
const headerNames = (event: EslEvent): string[] => Object.keys(event.headers).filter((name) => !name.startsWith('variable_'));

describe('the headers of a recorded scenario', () => {
  it.each(['02a', '02c', '03a', '03b', '04', '06a', '07a', '11a'])('%s: the same names in the same order', (name) => {
    const recorded = channelsOf(eventsOf(name)).flat();
    const simulated = channelsOf(play(SCENARIOS[name]!)).flat();
    const different = simulated.flatMap((event, i) => {
      const [ours, theirs] = [headerNames(event), headerNames(recorded[i]!)];
      if (ours.join(' ') === theirs.join(' ')) return [];
      return [{ event: tale(event), missing: theirs.filter((header) => !ours.includes(header)), extra: ours.filter((header) => !theirs.includes(header)) }];
    });
    expect(different).toEqual([]);
  });
});
