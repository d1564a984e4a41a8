import { EventEmitter } from 'node:events';
import modesl from 'modesl';
import { connectEsl } from '../../src/telephony/adapters/freeswitch/esl-client.js';
import { EslDecoder } from '../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { captureConnection } from '../support/captures.js';
import type { EslPeer, EslServer } from '../support/esl-server.js';
import { startEslServer } from '../support/esl-server.js';

/**
 * Why modesl's parser and its answers were replaced by our own behind the same port. Each test shows what
 * the original does and what ours does with the same bytes; one that begins to fail means that a
 * newer modesl can have the piece back.
 */
describe("modesl's parser", () => {
  function original(): { push(bytes: Buffer | string): void; readonly events: { getHeader(name: string): string | null }[]; readonly parser: { readonly buffer: Buffer } } {
    const socket = new EventEmitter();
    const parser = new modesl.Parser(socket);
    const events: { getHeader(name: string): string | null }[] = [];
    parser.on('esl::event', (event: { getHeader(name: string): string | null }) => events.push(event));
    parser.on('error', () => undefined);
    return { push: (bytes) => void socket.emit('data', Buffer.from(bytes)), events, parser };
  }
  const ours = (bytes: Buffer | string): ReturnType<EslDecoder['push']> => new EslDecoder().push(Buffer.from(bytes));

  it('throws out of the socket handler at a malformed % in a header', () => {
    const body = 'Event-Name: CHANNEL_CREATE\nCaller-Caller-ID-Name: Andr%E9\n\n';
    const frame = `Content-Length: ${body.length}\nContent-Type: text/event-plain\n\n${body}`;
    expect(() => original().push(frame)).toThrow(URIError);
    expect(ours(frame)).toEqual([expect.objectContaining({ kind: 'event' })]);
  });

  it('throws at a reply that holds a %', () => {
    const frame = 'Content-Type: command/reply\nReply-Text: 100%\n\n';
    expect(() => original().push(frame)).toThrow(URIError);
    expect(ours(frame)).toEqual([{ kind: 'reply', text: '100%' }]);
  });

  it('makes nameless events of a frame that the switch broke off, and never tells of the disconnect (capture 15)', () => {
    const bytes = captureConnection('15', 'plain').bytes();
    const tail = bytes.subarray(bytes.lastIndexOf('Content-Length:', bytes.lastIndexOf('Content-Type: text/event-plain')));
    const theirs = original();
    theirs.push(tail);
    expect(theirs.events.map((event) => [event.getHeader('Event-Name'), event.getHeader('Content-Type')])).toEqual([[null, null], [null, null]]);
    expect(ours(tail).map((message) => message.kind)).toEqual(['torn-frame', 'disconnect-notice']);
  });

  it('holds a header block without end, all of it', () => {
    const theirs = original();
    for (let n = 0; n < 8; n += 1) theirs.push(Buffer.alloc(65_536, 0x78));
    expect(theirs.parser.buffer.length).toBe(8 * 65_536);
    const decoder = new EslDecoder();
    for (let n = 0; n < 8; n += 1) decoder.push(Buffer.alloc(65_536, 0x78));
    expect(decoder.heldBytes).toBe(0);
  });

  it.each(['-5', 'x', '99999999999'])('takes a Content-Length of %s without a word', (length) => {
    const frame = `Content-Type: api/response\nContent-Length: ${length}\n\nbody`;
    const theirs = original();
    const errors: unknown[] = [];
    (theirs.parser as unknown as EventEmitter).on('error', (error) => errors.push(error));
    theirs.push(frame);
    expect(errors).toEqual([]);
    expect(ours(frame)).toEqual([expect.objectContaining({ kind: 'protocol-error', fatal: true })]);
  });
});

describe("modesl's answers to commands", () => {
  let server: EslServer | undefined;
  afterEach(() => server?.close());

  /** modesl as it is, connected to a switch that answers what the script says. */
  async function original(script: (peer: EslPeer) => Promise<void>): Promise<InstanceType<typeof modesl.Connection>> {
    server = await startEslServer(async (peer) => {
      await peer.authenticate();
      // It subscribes by itself.
      await peer.next();
      await peer.reply('+OK event listener enabled json');
      await script(peer);
    });
    const connection = new modesl.Connection('127.0.0.1', server.port, 'x');
    connection.on('error', () => undefined);
    await new Promise<void>((resolve) => void connection.once('esl::ready', resolve));
    return connection;
  }
  async function ours(script: (peer: EslPeer) => Promise<void>): ReturnType<typeof connectEsl> {
    server = await startEslServer(async (peer) => {
      await peer.authenticate();
      await script(peer);
    });
    return connectEsl({ host: '127.0.0.1', port: server.port, password: 'x', connectTimeoutMs: 2_000, replyTimeoutMs: 2_000 });
  }

  const executeAndFilter = async (peer: EslPeer): Promise<void> => {
    await peer.next();
    await peer.reply('+OK sendmsg');
    await peer.next();
    await peer.reply('+OK filter added');
  };

  it('after an execute the next command gets its answer', async () => {
    const connection = await original(executeAndFilter);
    connection.execute('answer', '', 'a-uuid');
    const reply = await new Promise<{ getHeader(name: string): string | null }>((resolve) => connection.sendRecv('filter a b', resolve));
    expect(reply.getHeader('Reply-Text')).toBe('+OK sendmsg');
    connection.socket?.destroy();
    await server?.close();

    const client = await ours(executeAndFilter);
    await client.execute('a-uuid', 'answer', '');
    expect(await client.send('filter a b')).toBe('+OK filter added');
    await client.close();
  });

  const refuseOne = async (peer: EslPeer): Promise<void> => {
    await peer.next();
    await peer.reply('-ERR command not found');
    await peer.next();
    await peer.respond('second');
  };

  it('after an api that is refused by a reply, the refused one gets the answer to the next', async () => {
    const connection = await original(refuseOne);
    const first = new Promise<string>((resolve) => connection.api('first', () => resolve('first')));
    const second = new Promise<string>((resolve) => connection.api('second', () => resolve('second')));
    expect(await Promise.race([first, second])).toBe('first');
    connection.socket?.destroy();
    await server?.close();

    const client = await ours(refuseOne);
    await expect(client.api('first')).rejects.toThrow('-ERR command not found');
    expect(await client.api('second')).toBe('second');
    await client.close();
  });

  it('those under way when the socket goes are never answered', async () => {
    const connection = await original(async (peer) => {
      await peer.next();
      peer.socket.end();
    });
    let answered = false;
    connection.api('status', () => (answered = true));
    await new Promise<void>((resolve) => void connection.once('esl::end', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    await server?.close();

    const client = await ours(async (peer) => {
      await peer.next();
      peer.socket.end();
    });
    await expect(client.api('status')).rejects.toMatchObject({ name: 'EslCommandLost' });
  });
});
