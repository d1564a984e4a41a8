import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { EslDecoder } from '../../../src/telephony/adapters/freeswitch/esl-decoder.js';
import type { EslMessage } from '../../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { urlDecode } from '../../../src/telephony/adapters/freeswitch/esl-events.js';
import type { EslEvent } from '../../../src/telephony/adapters/freeswitch/esl-client.port.js';
import { captures, recordedChunks, wholeLoadCapture } from '../../support/captures.js';
import type { SeededRandom } from '../../support/seeded-random.js';
import { seededRandom } from '../../support/seeded-random.js';

const random = seededRandom();
process.stdout.write(`esl-decoder.spec: SEED=${random.seed}\n`);

/** All that is said: the messages of every piece, then those of the end. */
function decode(chunks: Iterable<Buffer>, decoder = new EslDecoder()): EslMessage[] {
  const messages: EslMessage[] = [];
  for (const chunk of chunks) messages.push(...decoder.push(chunk));
  messages.push(...decoder.end());
  return messages;
}

const fingerprint = (messages: readonly EslMessage[]): string => createHash('sha256').update(JSON.stringify(messages)).digest('hex');

function* pieces(bytes: Buffer, by: SeededRandom, least: number, most: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const size = by.between(least, most);
    // A socket's buffer is used again after the handler: what is kept must have been copied.
    const piece = Buffer.from(bytes.subarray(at, at + size));
    yield piece;
    piece.fill(0x58);
    at += size;
  }
}

const eventsOf = (messages: readonly EslMessage[]): EslEvent[] => messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
const kinds = (messages: readonly EslMessage[]): string[] => messages.map((message) => message.kind);
const one = (text: string | Buffer): EslMessage[] => decode([Buffer.from(text)]);
const json = (body: string): string => `Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-json\n\n${body}`;
const plain = (body: string): string => `Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-plain\n\n${body}`;
const HEARTBEAT = json('{"Event-Name":"HEARTBEAT"}');

describe.each(captures().flatMap((capture) => capture.connections.map((connection) => ({ capture, connection, title: `${capture.name}/${connection.name}` }))))(
  'recording $title',
  ({ capture, connection }) => {
    const bytes = connection.bytes();
    const whole = decode([bytes]);

    it('has what an independent parser counted in it, and no error', () => {
      const counted = capture.truth.capture?.[connection.name];
      const events: Record<string, number> = {};
      for (const event of eventsOf(whole)) {
        const key = event.subclass === undefined ? event.name : `${event.name} ${event.subclass}`;
        events[key] = (events[key] ?? 0) + 1;
      }
      if (counted !== undefined) {
        expect(events).toEqual(counted.events);
        const kindOf: Record<string, string> = { 'auth/request': 'auth-request', 'command/reply': 'reply', 'api/response': 'api-response', 'text/disconnect-notice': 'disconnect-notice', 'log/data': 'ignored' };
        for (const [type, count] of Object.entries(counted.frames_by_content_type)) {
          if (type in kindOf) expect([type, kinds(whole).filter((kind) => kind === kindOf[type]).length]).toEqual([type, count]);
        }
      } else expect(whole.length).toBeGreaterThan(1);
      expect(whole.filter((message) => message.kind === 'protocol-error')).toEqual([]);
    });

    it('says the same in any pieces', () => {
      const expected = fingerprint(whole);
      expect(fingerprint(decode(recordedChunks(connection)))).toBe(expected);
      expect(fingerprint(decode(pieces(bytes, random, 1, 100_000)))).toBe(expected);
      const head = bytes.subarray(0, 100_000);
      expect(fingerprint(decode(pieces(head, random, 1, 7)))).toBe(fingerprint(decode([head])));
    });

    if (connection.commands.length > 0 && connection.chunks.length > 0) {
      it('has one answer to each command that was sent', () => {
        const sent = connection.commands.flatMap((line) => (line.type === 'send' ? [line.cmd] : line.type === 'send_raw' ? (line.cmd ?? '').split('\n\n').filter((text) => text !== '') : []));
        // One command of 10b ("api echo crlf", with CR LF) is not in its list.
        const unlisted = capture.name.startsWith('10b') && connection.name === 'plain' ? 1 : 0;
        const answers = kinds(whole).filter((kind) => kind === 'reply' || kind === 'api-response').length;
        expect(answers).toBe(sent.length + unlisted);
      });
    }
  },
);

describe('the plain and the JSON twin of a call', () => {
  const twins = captures().flatMap((capture) => {
    const found = ['plain', 'json'].map((name) => capture.connections.find((connection) => connection.name === name));
    return found[0] !== undefined && found[1] !== undefined ? [{ name: capture.name, plain: found[0], json: found[1] }] : [];
  });

  /** Event-Sequence, and which of the events with that number it is: tone detection fires the same one twice (11b). */
  const numbered = (events: readonly EslEvent[]): [string, EslEvent][] => {
    const seen = new Map<string, number>();
    return events.map((event) => {
      const sequence = event.headers['Event-Sequence'] ?? '';
      const nth = (seen.get(sequence) ?? 0) + 1;
      seen.set(sequence, nth);
      return [`${sequence}/${nth}`, event];
    });
  };

  it.each(twins)('$name agree on every event that both have, but for what plain loses', (twin) => {
    const fromJson = new Map(numbered(eventsOf(decode([twin.json.bytes()]))));
    let compared = 0;
    for (const [number, event] of numbered(eventsOf(decode([twin.plain.bytes()])))) {
      const other = fromJson.get(number);
      if (other === undefined) continue;
      compared += 1;
      // A literal %20 in a value is not encoded again, so plain cannot give it back.
      const expected = Object.fromEntries(Object.entries(other.headers).map(([name, value]) => [name, event.headers[name] === value ? value : urlDecode(value)]));
      expect({ name: event.name, subclass: event.subclass, body: event.body, headers: event.headers, lists: event.lists }).toEqual({
        name: other.name,
        subclass: other.subclass,
        body: other.body,
        headers: expected,
        lists: other.lists,
      });
    }
    expect(compared).toBeGreaterThan(twin.name.startsWith('10a') ? 1 : 20);
  });
});

describe('frames', () => {
  it('an event of 8 MB, in pieces of a socket, with few copies held', () => {
    const body = JSON.stringify({ 'Event-Name': 'CUSTOM', big: 'ñ€𝄞'.repeat(932_068) });
    expect(Buffer.byteLength(body)).toBeGreaterThan(8 * 1024 * 1024);
    const decoder = new EslDecoder();
    const messages: EslMessage[] = [];
    const bytes = Buffer.from(json(body) + HEARTBEAT);
    let held = 0;
    for (let at = 0; at < bytes.length; at += 65_536) {
      messages.push(...decoder.push(bytes.subarray(at, at + 65_536)));
      held = Math.max(held, decoder.heldBytes);
    }
    expect(eventsOf(messages).map((event) => event.name)).toEqual(['CUSTOM', 'HEARTBEAT']);
    expect(eventsOf(messages)[0]?.headers['big']).toHaveLength('ñ€𝄞'.length * 932_068);
    expect(held).toBeLessThanOrEqual(16 * 1024 * 1024 + 64 * 1024 + 4096);
    expect(decoder.heldBytes).toBe(0);
  });

  it('1 MB a byte at a time costs each byte once', () => {
    const decoder = new EslDecoder();
    const bytes = Buffer.from(json(`{"Event-Name":"A","x":"${'y'.repeat(1_000_000)}"}`));
    let events = 0;
    for (let at = 0; at < bytes.length; at += 1) events += decoder.push(bytes.subarray(at, at + 1)).length;
    expect(events).toBe(1);
  });

  it('Content-Length counts bytes, and 0 is a body', () => {
    expect(one('Content-Type: api/response\nContent-Length: 5\n\nñ日Content-Type: api/response\nContent-Length: 0\n\nContent-Type: auth/request\n\n')).toEqual([
      { kind: 'api-response', body: 'ñ日' },
      { kind: 'api-response', body: '' },
      { kind: 'auth-request' },
    ]);
  });

  it('a header block may come in any case of letters, with spare line ends before it', () => {
    expect(one('\n\r\n\ncontent-type: api/response\nCONTENT-LENGTH:  2 \n\nok')).toEqual([{ kind: 'api-response', body: 'ok' }]);
  });

  it.each([
    ['-1', 'where a count of bytes is due'],
    ['+5', 'where a count of bytes is due'],
    ['1e3', 'where a count of bytes is due'],
    ['0x10', 'where a count of bytes is due'],
    ['5 5', 'where a count of bytes is due'],
    ['', 'where a count of bytes is due'],
    ['NaN', 'where a count of bytes is due'],
    ['99999999999999999999', 'where a count of bytes is due'],
    ['16777217', 'more than the 16777216 bytes'],
    ['4294967296', 'more than the 16777216 bytes'],
  ])('Content-Length "%s" ends the stream with a clear error', (length, due) => {
    const decoder = new EslDecoder();
    const messages = decoder.push(Buffer.from(`Content-Length: ${length}\nContent-Type: text/event-json\n\n{}${HEARTBEAT}`));
    expect(messages).toEqual([{ kind: 'protocol-error', fatal: true, message: expect.stringContaining(due) }]);
    expect(decoder.push(Buffer.from(HEARTBEAT))).toEqual([]);
    expect(decoder.end()).toEqual([]);
    expect(decoder.heldBytes).toBe(0);
  });

  it.each([
    ['two lengths that differ', 'Content-Length: 2\nContent-Length: 3\nContent-Type: text/event-json\n\n{}', 'two lengths'],
    ['two types that differ', 'Content-Type: api/response\nContent-Type: text/event-json\nContent-Length: 0\n\n', 'two types'],
    ['no type', 'Content-Length: 2\n\n{}', 'no Content-Type'],
    ['an event without its length', 'Content-Type: text/event-json\n\n{"Event-Name":"A"}', 'has no Content-Length'],
    ['a response without its length', 'Content-Type: api/response\n\nUP', 'has no Content-Length'],
    ['a greeting in another protocol', '220 mail.example.com ESMTP\r\n'.replace(':', ''), 'no "Name: value" header'],
    ['a header block without an end', `Content-Type: ${'x'.repeat(66_000)}`, 'longer than 65536 bytes'],
    ['a header block that is too long', `A: ${'x'.repeat(66_000)}\n\n`, 'longer than 65536 bytes'],
    ['binary', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x0a]), 'no "Name: value" header'],
  ])('%s end the stream with a clear error', (_what, bytes, due) => {
    const messages = decode(pieces(Buffer.concat([Buffer.from(bytes), Buffer.from(HEARTBEAT)]), random, 1, 50_000));
    expect(messages).toEqual([{ kind: 'protocol-error', fatal: true, message: expect.stringContaining(due) }]);
  });

  it('the same length twice is one length', () => {
    expect(one('Content-Length: 2\nContent-Length: 2\nContent-Type: api/response\n\nok')).toEqual([{ kind: 'api-response', body: 'ok' }]);
  });

  it.each([
    ['JSON that is none', json('{"Event-Name":'), 'is no JSON'],
    ['JSON that is no object', json('[1]'), 'no object'],
    ['JSON without a name', json('{"a":"b"}'), 'no Event-Name'],
    ['JSON with an object in it', json('{"Event-Name":"A","b":{"c":"d"}}'), 'neither text nor a list'],
    ['JSON with a null in it', json('{"Event-Name":"A","b":null}'), 'neither text nor a list'],
    ['plain without an end', plain('Event-Name: A\n'), 'no end of its headers'],
    ['plain without a name', plain('A: B\n\n'), 'no Event-Name'],
    ['plain with a line that is no header', plain('Event-Name: A\nnothing\n\n'), 'no "Name: value" header'],
    ['an unknown type', 'Content-Type: text/other\nContent-Length: 3\n\nabc', 'unknown Content-Type'],
  ])('%s loses that frame only', (_what, bytes, due) => {
    expect(one(bytes + HEARTBEAT)).toEqual([{ kind: 'protocol-error', fatal: false, message: expect.stringContaining(due) }, expect.objectContaining({ kind: 'event' })]);
  });

  it('XML events and log lines are passed over, with a note', () => {
    expect(one(`Content-Length: 8\nContent-Type: text/event-xml\n\n<event/>Content-Type: log/data\nContent-Length: 3\nLog-Level: 7\n\nabc${HEARTBEAT}`)).toEqual([
      { kind: 'ignored', contentType: 'text/event-xml', note: expect.stringContaining('event json') },
      { kind: 'ignored', contentType: 'log/data', note: expect.any(String) },
      expect.objectContaining({ kind: 'event' }),
    ]);
  });

  it('a reply of several lines is one text', () => {
    expect(one('Content-Type: command/reply\nReply-Text: línea 1\nlínea: 2\n\n')).toEqual([{ kind: 'reply', text: 'línea 1\nlínea: 2' }]);
  });
});

describe('a frame that the switch broke off', () => {
  const notice = 'Content-Type: text/disconnect-notice\nContent-Length: 39\n\nkilled listener because of lost events\n';
  const frames = { json: json(`{"Event-Name":"CHANNEL_STATE","x":"${'y'.repeat(400)}"}`), plain: plain(`Event-Name: CHANNEL_STATE\nx: ${'y'.repeat(400)}\n\n`) };

  it.each(['json', 'plain'] as const)('with a notice in a %s event at any place tells the notice', (format) => {
    const frame = Buffer.from(frames[format]);
    const headEnd = frame.indexOf('\n\n') + 2;
    const partly: number[] = [];
    for (let cut = headEnd; cut < frame.length - 1; cut += 1) {
      const messages = decode(pieces(Buffer.concat([Buffer.from(HEARTBEAT), frame.subarray(0, cut), Buffer.from(notice)]), random, 1, 40));
      expect(kinds(messages).slice(0, 1)).toEqual(['event']);
      expect(eventsOf(messages)).toHaveLength(1);
      const told = messages.some((message) => message.kind === 'disconnect-notice' && message.text === 'killed listener because of lost events');
      if (!told) partly.push(frame.length - cut);
    }
    // Where only a few bytes were missing, they took the first letters of the notice: then it is garbage, and an error.
    expect(partly.every((missing) => missing < 9)).toBe(true);
  });

  it('between a header block and its body too', () => {
    expect(kinds(one('Content-Length: 400\nContent-Type: text/event-json\n\n' + notice))).toEqual(['torn-frame', 'disconnect-notice']);
  });

  it('without a notice is a torn frame', () => {
    expect(one(HEARTBEAT.slice(0, -5))).toEqual([{ kind: 'torn-frame', message: expect.stringContaining('21 of 26 bytes of a text/event-json body') }]);
    expect(one('Content-Ty')).toEqual([{ kind: 'torn-frame', message: expect.stringContaining('10 bytes of a header block') }]);
    expect(one(`${HEARTBEAT}\n`).at(-1)?.kind).toBe('event');
  });

  it('by a notice that is itself cut is a notice', () => {
    expect(one(notice.slice(0, -10))).toEqual([{ kind: 'disconnect-notice', disposition: 'disconnect', text: 'killed listener because of lo' }]);
  });

  it('a body that quotes a notice is a body', () => {
    const quoted = plain(`Event-Name: BACKGROUND_JOB\nContent-Length: ${notice.length}\n\n${notice}`);
    const messages = one(quoted + json(JSON.stringify({ 'Event-Name': 'BACKGROUND_JOB', _body: notice })));
    expect(eventsOf(messages).map((event) => event.body)).toEqual([notice, notice]);
  });
});

describe('events', () => {
  const event = (bytes: string): EslEvent => {
    const [message] = one(bytes);
    if (message?.kind !== 'event') throw new Error(`no event but ${JSON.stringify(message)}`);
    return message.event;
  };

  it('keep the last of a repeated header and list all, in both encodings', () => {
    const lists = { b: ['1', '2', '3'], __proto__x: ['p', 'q'] };
    for (const read of [
      event(plain('Event-Name: OLD\nb: 1\nb: 2\nEvent-Name: A\nb: 3\n__proto__x: p\n__proto__x: q\nEvent-Subclass: s%3A%3At\n\n')),
      event(json('{"Event-Name":"OLD","b":"1","b":"2","Event-Name":"A","b":"3","__proto__x":"p","__proto__x":"q","Event-Subclass":"s::t"}')),
    ]) {
      expect(read.name).toBe('A');
      expect(read.subclass).toBe('s::t');
      expect(read.headers).toEqual({ 'Event-Name': 'A', b: '3', __proto__x: 'q', 'Event-Subclass': 's::t' });
      expect(read.lists).toEqual({ ...lists, 'Event-Name': ['OLD', 'A'] });
    }
  });

  it('have lists from arrays, in both encodings', () => {
    for (const read of [event(plain('Event-Name: A\nv: ARRAY%3A%3Aa%20b%7C%3Ac\n\n')), event(json('{"Event-Name":"A","v":["a b","c"]}'))]) {
      expect(read.headers['v']).toBe('c');
      expect(read.lists).toEqual({ v: ['a b', 'c'] });
    }
  });

  it('find repeated keys behind quotes, backslashes, brackets and spaces', () => {
    const text = '{ "Event-Name" : "A", "k\\"1": "x\\\\", "k\\"1" : "{[\\"", "n": 5, "t": true, "e": [], "k": "\\":\\"" , "k":"," }';
    const read = event(json(text));
    expect(read.headers).toEqual({ 'Event-Name': 'A', 'k"1': '{["', n: '5', t: 'true', e: '', k: ',' });
    expect(read.lists).toEqual({ 'k"1': ['x\\', '{["'], k: ['":"', ','], e: [] });
  });

  it('have no lists where nothing is repeated, and keep them when copied', () => {
    expect(event(HEARTBEAT).lists).toEqual({});
    expect({ ...event(json('{"Event-Name":"A","b":"1","b":"2"}')) }.lists).toEqual({ b: ['1', '2'] });
  });

  it('a name that JavaScript knows is a header like any other', () => {
    for (const read of [event(plain('Event-Name: A\n__proto__: x\nconstructor: y\n\n')), event(json('{"Event-Name":"A","__proto__":"x","constructor":"y"}'))]) {
      expect(Object.entries(read.headers)).toEqual([['Event-Name', 'A'], ['__proto__', 'x'], ['constructor', 'y']]);
      expect(read.lists).toEqual({});
    }
  });

  it('with a body have it as it is, not decoded', () => {
    const body = 'a%20b\n\nEvent-Name: FAKE\n\nñ';
    const length = Buffer.byteLength(body);
    expect(event(plain(`Event-Name: A\nContent-Length: ${length}\n\n${body}`)).body).toBe(body);
    expect(event(plain(`Event-Name: A\ncontent-length: ${length}\n\n${body}`)).body).toBe(body);
    expect(event(plain(`Event-Name: A\nContent-Length: 9999\n\n${body}`)).body).toBe(body);
    const read = event(json(JSON.stringify({ 'Event-Name': 'A', 'Content-Length': String(length), _body: body })));
    expect(read.body).toBe(body);
    expect(read.headers).toEqual({ 'Event-Name': 'A', 'Content-Length': String(length) });
  });

  it.each([
    ['Andr%E9', 'Andr%E9'],
    ['100%', '100%'],
    ['%', '%'],
    ['%zz%20a', '%zz a'],
    ['%C3%B1%C3', 'ñ%C3'],
    ['%F0%9D%84%9E%E9%20', '𝄞%E9 '],
    ['%2B+', '++'],
    ['%2525', '%25'],
  ])('a malformed %% is kept as it came: %s', (encoded, decoded) => {
    expect(urlDecode(encoded)).toBe(decoded);
    expect(event(plain(`Event-Name: A\nx: ${encoded}\n\n`)).headers['x']).toBe(decoded);
  });
});

const whole = wholeLoadCapture();
(whole === undefined ? it.skip : it)(
  `the whole load recording has what its controller counted${whole === undefined ? ' (set TRUNKLINE_ESL_CAPTURES to the directory of the recordings to run it)' : ''}`,
  async () => {
    const expected = captures().find((capture) => capture.name === '12-load')?.truth as unknown as { controller: { events: Record<string, number>; bytes: number } };
    const decoder = new EslDecoder();
    const counts: Record<string, number> = {};
    let bytes = 0;
    for await (const chunk of createReadStream(whole ?? '').pipe(createGunzip())) {
      bytes += (chunk as Buffer).length;
      for (const message of decoder.push(chunk as Buffer)) {
        const key = message.kind === 'event' ? message.event.name : 'frame';
        counts[key] = (counts[key] ?? 0) + 1;
      }
    }
    expect(decoder.end()).toEqual([]);
    expect(bytes).toBe(expected.controller.bytes);
    expect(counts).toEqual(expected.controller.events);
  },
  120_000,
);
