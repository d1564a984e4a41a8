import type { AddressInfo, Server } from 'node:net';
import { connect, createServer } from 'node:net';
import type { EslDisconnect } from '../../src/telephony/adapters/freeswitch/esl-client.port.js';
import { EslCommandLost, EslCommandRefused, EslConnectError } from '../../src/telephony/adapters/freeswitch/esl-client.port.js';
import type { OutboundSession } from '../../src/telephony/adapters/freeswitch/outbound-socket.js';
import { acceptOutboundSocket } from '../../src/telephony/adapters/freeswitch/outbound-socket.js';
import { captureConnection } from '../support/captures.js';
import type { EslPeer } from '../support/esl-server.js';
import { eslPeer } from '../support/esl-server.js';

let listener: Server | undefined;
let peer: EslPeer | undefined;

afterEach(async () => {
  peer?.socket.destroy();
  await new Promise<void>((resolve) => (listener === undefined ? resolve() : void listener.close(() => resolve())));
  listener = peer = undefined;
});

/** A switch that connects to us and follows `script`; what our side makes of it. */
async function called(script: (peer: EslPeer) => Promise<void>, replyTimeoutMs = 2_000): Promise<OutboundSession> {
  return new Promise((resolve, reject) => {
    listener = createServer((socket) => acceptOutboundSocket(socket, { replyTimeoutMs }).then(resolve, reject));
    listener.listen(0, '127.0.0.1', () => {
      peer = eslPeer(connect((listener?.address() as AddressInfo).port, '127.0.0.1'));
      script(peer).catch(reject);
    });
  });
}

/** What a recorded switch sent, in the pieces between the commands that it answered. */
function recorded(scenario: string, name: string): Buffer[] {
  const connection = captureConnection(scenario, name);
  const bytes = connection.bytes();
  const offsets = connection.commands.filter((line) => line.type === 'send').map((line) => line.raw_off ?? 0);
  return offsets.map((from, index) => bytes.subarray(from, offsets[index + 1] ?? bytes.length));
}

async function replay(to: EslPeer, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    await to.next();
    await to.send(piece, 1448);
  }
  to.socket.end();
}

it('13a: a call handed over with "async full" is driven and followed to its last event, and lingers', async () => {
  const pieces = recorded('13a', 'outbound-socket');
  const session = await called((switchSide) => replay(switchSide, pieces));
  const events: string[] = [];
  const lingers: number[] = [];
  session.onEvent((event) => events.push(event.name));
  session.onLinger((seconds) => lingers.push(seconds));
  const gone = new Promise<EslDisconnect>((resolve) => session.onDisconnect(resolve));

  expect(session).toMatchObject({ channelId: 'e3d04637-4194-4e40-b18d-8c90f7e8f3d9', async: true, full: true });
  expect(session.channel.name).toBe('CHANNEL_DATA');
  expect(session.channel.headers['Caller-Caller-ID-Name']).toBe('Caller Uno');
  await session.subscribeToChannel();
  await session.linger(3);
  expect(await session.send('event json CUSTOM lab::one')).toBe('+OK event listener enabled plain');
  await expect(session.send('filter')).rejects.toEqual(new EslCommandRefused('-ERR command not found'));
  await session.execute('answer', '', { lock: true, eventUuid: 'o1' });
  await session.execute('playback', 'tone_stream://%(300,100,440)', { lock: true, eventUuid: 'o2' });
  await session.execute('set', 'mivar=ñ 1', { lock: true, eventUuid: 'o3' });
  await session.execute('playback', 'tone_stream://%(300,100,880)', { lock: true, eventUuid: 'o4' });
  expect(await session.send('getvar mivar')).toBe('ñ 1');
  expect(await session.api('uuid_getvar e3d04637-4194-4e40-b18d-8c90f7e8f3d9 mivar')).toBe('ñ 1');
  await session.execute('hangup', 'NORMAL_CLEARING', { lock: true, eventUuid: 'o5' });

  expect(await gone).toEqual({ reason: 'closed-by-switch', message: expect.stringContaining('Disconnected, goodbye.') });
  expect(lingers).toEqual([3]);
  expect(events).toHaveLength(18);
  expect(events.at(-1)).toBe('CHANNEL_HANGUP_COMPLETE');
  expect(peer?.commands).toEqual(captureConnection('13a', 'outbound-socket').commands.flatMap((line) => (line.type === 'send' ? [line.cmd?.replace('myevents', 'myevents json').replace('event plain', 'event json')] : [])));
});

it('13c: without "async" each execute is answered when its application has ended', async () => {
  const pieces = recorded('13c', 'outbound-socket-sync');
  const session = await called((switchSide) => replay(switchSide, pieces));
  const events: string[] = [];
  session.onEvent((event) => events.push(event.name));
  const gone = new Promise<EslDisconnect>((resolve) => session.onDisconnect(resolve));
  expect(session).toMatchObject({ channelId: '8c667e09-bbdd-48d6-a558-d17482953d99', async: false, full: true });
  await session.subscribeToChannel();
  await session.execute('answer', '');
  await session.execute('playback', 'tone_stream://%(1000,100,440)');
  await session.execute('playback', 'tone_stream://%(500,100,440)');
  // The answers come among the events of the applications that they end.
  expect(events.slice(0, 5)).toEqual(['CHANNEL_EXECUTE', 'CHANNEL_PROGRESS_MEDIA', 'CHANNEL_ANSWER', 'CHANNEL_EXECUTE_COMPLETE', 'CHANNEL_EXECUTE']);
  await session.close();
  expect((await gone).reason).toBe('closed-by-us');
  expect(peer?.commands.at(-1)).toBe('exit');
});

it.each([
  ['that says nothing', async () => undefined, 'unreachable', 'was not answered within 100 ms'],
  ['that closes at once', async (to: EslPeer) => void to.socket.end(), 'unreachable', 'closed'],
  ['that speaks something else', (to: EslPeer) => to.send('GET / HTTP/1.1\r\n\r\n'), 'protocol-error', 'no "Name: value" header'],
  ['that has no channel', (to: EslPeer) => to.reply('+OK'), 'protocol-error', 'no channel data'],
  ['that refuses', (to: EslPeer) => to.reply('-ERR no'), 'protocol-error', '-ERR no'],
])('a caller %s is no outbound socket', async (_what, script, reason, message) => {
  const error = await called(script, 100).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(EslConnectError);
  expect(error).toMatchObject({ reason, message: expect.stringContaining(message) });
});

it('a channel with 500 kB of variables is accepted', async () => {
  const session = await called(async (to) => {
    await to.next();
    await to.send(`Event-Name: CHANNEL_DATA\nUnique-ID: a\nvariable_x: ${'y'.repeat(500_000)}\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\n\n`);
  });
  expect(session.channel.headers['variable_x']).toHaveLength(500_000);
  expect(session).toMatchObject({ channelId: 'a', async: true, full: false });
});

it('what is under way when the switch goes is lost, and a line break is refused before it is sent', async () => {
  const session = await called(async (to) => {
    await to.next();
    await to.send('Event-Name: CHANNEL_DATA\nUnique-ID: a\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n\n');
    await to.next();
    to.socket.resetAndDestroy();
  });
  await expect(session.execute('set', 'a=b\n\nexit')).rejects.toBeInstanceOf(EslCommandRefused);
  await expect(session.linger(0.5)).rejects.toBeInstanceOf(EslCommandRefused);
  await expect(session.execute('sleep', '1000')).rejects.toBeInstanceOf(EslCommandLost);
  expect(peer?.commands).toEqual(['connect', 'sendmsg\ncall-command: execute\nexecute-app-name: sleep\nexecute-app-arg: 1000']);
});
