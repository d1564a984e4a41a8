import { answeringPhone } from '../../support/phones.js';
import { simulatedNode, telephone } from '../../support/simulated-node.js';

const GOODBYE = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/';

describe('the simulated event socket', () => {
  it('a wrong password gets -ERR invalid, a notice and a close', () => {
    const client = simulatedNode().connect('auth wrong');
    expect(client.replies).toEqual(['-ERR invalid']);
    expect(client.notice).toBe(GOODBYE);
    expect(client.closed).toBe(true);
  });

  it('a command before the password is not found, and the connection stays usable', () => {
    const client = simulatedNode().connect('api status', 'event plain all', 'auth ClueCon', 'api hostname');
    expect(client.replies).toEqual(['-ERR command not found', '-ERR command not found', '+OK accepted', 'simulator']);
    expect(client.closed).toBe(false);
  });

  it('answers what the real one answered', () => {
    const client = simulatedNode().connect(
      'auth ClueCon', 'api nosuchcommand', 'api uuid_kill', 'api uuid_kill nope', 'api uuid_exists nope', 'api show channels as json', 'api show calls count', 'api version short',
      'api echo', 'api uuid_getvar nope x', 'api', 'event', 'event plain NOSUCHEVENT', 'event plain CUSTOM lab::one', 'nixevent RE_SCHEDULE', 'filter Event-Name HEARTBEAT',
      'filter delete all', 'filter', 'linger', 'sendmsg', 'sendmsg nope\ncall-command: execute\nexecute-app-name: answer', 'event json all', 'noevents', 'nosuchverb', 'api sched_del nobody', 'exit',
    );
    expect(client.replies).toEqual([
      '+OK accepted', '-ERR nosuchcommand Command not found!\n', '-USAGE: <uuid> [cause]\n', '-ERR No such channel!\n', 'false', '{"row_count": 0}\n', '\n0 total.\n', '1.10.12-release\n',
      '-ERR no reply\n', '-ERR No such channel!\n', '-ERR command not found', '-ERR no keywords supplied', '-ERR no keywords supplied', '+OK event listener enabled plain', '+OK events nixed',
      '+OK filter added. [Event-Name]=[HEARTBEAT]', '+OK filter deleted. [all][]', '-ERR command not found', '-ERR not controlling a session', '-ERR invalid session id []',
      '-ERR invalid session id [nope]', '+OK event listener enabled json', '+OK no longer listening for events', '-ERR command not found', '+OK Deleted: 0\n', '+OK bye',
    ]);
    expect(client.notice).toBe(GOODBYE);
  });

  it('reads commands however they are cut', () => {
    const { connect, clock } = simulatedNode();
    const client = connect();
    for (const byte of Buffer.from('auth ClueCon\r\n\r\napi hostname\n\napi uuid_exists x\n\n')) client.stream.write(Buffer.from([byte]));
    clock.advance(5);
    expect(client.replies).toEqual(['+OK accepted', 'simulator', 'false']);
  });

  it('thousands of commands that come in one piece are answered one after the other', () => {
    const { connect, clock } = simulatedNode();
    const client = connect('auth ClueCon');
    client.stream.write(Buffer.from('api uuid_exists x\n\n'.repeat(5_000)));
    clock.advance(5);
    expect(client.replies.length).toBe(1 + 5_000);
  });

  it('a job takes our Job-UUID, and its answer goes to every subscriber', () => {
    const { connect, clock } = simulatedNode();
    const [one, other] = [connect('auth ClueCon', 'event json BACKGROUND_JOB'), connect('auth ClueCon', 'event plain BACKGROUND_JOB')];
    one.send('bgapi hostname\nJob-UUID: my-own-job');
    clock.advance(50);
    expect(one.replies.at(-1)).toBe('+OK Job-UUID: my-own-job');
    for (const client of [one, other]) {
      const [job] = client.events;
      expect([job?.headers['Job-UUID'], job?.headers['Job-Command'], job?.body]).toEqual(['my-own-job', 'hostname', 'simulator']);
    }
  });

  it('jobs run side by side and end out of order', () => {
    const { connect, clock } = simulatedNode();
    const client = connect('auth ClueCon', 'event json BACKGROUND_JOB');
    client.send('bgapi msleep 500\nJob-UUID: slow');
    client.send('bgapi hostname\nJob-UUID: quick');
    clock.advance(600);
    expect(client.events.map((event) => event.headers['Job-UUID'])).toEqual(['quick', 'slow']);
  });

  it('a blocking api stops the events and the commands of its own connection only', () => {
    const { connect, clock, node } = simulatedNode();
    const [blocked, free] = [connect('auth ClueCon', 'event json CHANNEL_CREATE'), connect('auth ClueCon', 'event json CHANNEL_CREATE')];
    blocked.send('api msleep 2000');
    blocked.send('api hostname');
    clock.advance(10);
    node.placeCall({ from: '1', fromName: 'One', to: '100' }, {});
    clock.advance(1_000);
    expect([blocked.events.length, free.events.length]).toEqual([0, 1]);
    clock.advance(1_500);
    expect(blocked.events.length).toBe(1);
    expect(blocked.replies.slice(-2)).toEqual(['+OK', 'simulator']);
  });

  it('filters by any header, and forgets a filter', () => {
    const { connect, clock, node } = simulatedNode();
    const client = connect('auth ClueCon', 'event json CHANNEL_CREATE', 'filter Caller-Destination-Number 100');
    const call = (to: string): void => {
      node.placeCall({ from: '1', fromName: 'One', to }, {});
      clock.advance(100);
    };
    call('100');
    call('200');
    client.send('filter delete all');
    clock.advance(5);
    call('300');
    expect(client.events.map((event) => event.headers['Caller-Destination-Number'])).toEqual(['100', '300']);
  });

  it('plain and JSON tell the same, with UTF-8, colons and percent signs', () => {
    const { connect, clock, node } = simulatedNode();
    const [json, plain] = [connect('auth ClueCon', 'event json CHANNEL_CREATE'), connect('auth ClueCon', 'event plain CHANNEL_CREATE')];
    node.placeCall({ from: '1', fromName: 'Ñandú: 日本 100% + "x"', to: '100' }, {});
    clock.advance(100);
    expect(json.events[0]!.headers['Caller-Caller-ID-Name']).toBe('Ñandú: 日本 100% + "x"');
    expect(plain.events[0]!.headers).toEqual(json.events[0]!.headers);
  });

  it('a hang-up tells its cause twice, and no event repeats or skips within a leg', () => {
    const { connect, clock, node } = simulatedNode();
    const client = connect('auth ClueCon', 'event json CHANNEL_HANGUP_COMPLETE');
    const line = node.placeCall({ from: '1', fromName: 'One', to: '100' }, {});
    clock.advance(100);
    line.hangUp();
    clock.advance(100);
    expect(client.events[0]!.headers['Hangup-Cause']).toBe('ORIGINATOR_CANCEL');
    expect(Buffer.concat(client.raw).toString().match(/"Hangup-Cause"/g)).toHaveLength(2);
  });

  it('across channels the order may be inverted, within one never', () => {
    const { connect, clock, node } = simulatedNode({ settings: { inversion: 0.3 }, dial: () => telephone('1', answeringPhone(clock)) });
    const client = connect('auth ClueCon', 'event json all');
    for (let i = 0; i < 20; i++) node.placeCall({ from: String(i), fromName: 'Many', to: '100' }, {});
    clock.advance(1_000);
    const last = new Map<string, number>();
    let inversions = 0;
    let highest = 0;
    for (const event of client.events) {
      const sequence = Number(event.headers['Event-Sequence']);
      const id = event.headers['Unique-ID'];
      if (id !== undefined) {
        expect(sequence).toBeGreaterThan(last.get(id) ?? 0);
        last.set(id, sequence);
      }
      if (sequence < highest) inversions++;
      highest = Math.max(highest, sequence);
    }
    expect(inversions).toBeGreaterThan(0);
  });

  it('a reader that does not read is cut off inside a frame, with a notice', () => {
    const { connect, clock, node } = simulatedNode({ settings: { readerLimit: 300, readerLossLimit: 50 } });
    const client = connect('auth ClueCon', 'event json all');
    client.stream.pause();
    for (let i = 0; i < 60; i++) node.placeCall({ from: String(i), fromName: 'Many', to: '100' }, {});
    clock.advance(1_000);
    const [session] = node.sessions;
    expect(session).toBeUndefined();
    client.stream.resume();
    clock.advance(10);
    expect(client.notice).toBe('killed listener because of lost events');
    expect(client.torn).toHaveLength(1);
    expect(client.closed).toBe(true);
  });

  it('a reader that pauses and goes on loses nothing', () => {
    const { connect, clock, node } = simulatedNode();
    const [slow, quick] = [connect('auth ClueCon', 'event json all'), connect('auth ClueCon', 'event json all')];
    slow.stream.pause();
    for (let i = 0; i < 40; i++) node.placeCall({ from: String(i), fromName: 'Many', to: '100' }, {});
    clock.advance(500);
    expect([...node.sessions][0]!.backlog).toBeGreaterThan(0);
    slow.stream.resume();
    clock.advance(500);
    expect(slow.events.length).toBe(quick.events.length);
    expect([slow.torn, [...node.sessions][0]!.backlog]).toEqual([[], 0]);
  });

  it('the heartbeat comes every 20 s, with the sessions that there are', () => {
    const { connect, clock, node } = simulatedNode();
    const client = connect('auth ClueCon', 'event json HEARTBEAT');
    clock.advance(35_000);
    node.placeCall({ from: '1', fromName: 'One', to: '100' }, {});
    clock.advance(30_000);
    expect(client.events.map((event) => event.headers['Session-Count'])).toEqual(['0', '1', '0']);
  });
});
