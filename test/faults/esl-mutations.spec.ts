import { connectEsl } from '../../src/telephony/adapters/freeswitch/esl-client.js';
import type { EslDisconnect } from '../../src/telephony/adapters/freeswitch/esl-client.port.js';
import { EslDecoder } from '../../src/telephony/adapters/freeswitch/esl-decoder.js';
import type { EslMessage } from '../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { captures } from '../support/captures.js';
import { startEslServer } from '../support/esl-server.js';
import { seededRandom } from '../support/seeded-random.js';

const MUTATIONS = 10_000;
const THROUGH_A_SOCKET = 200;
const LIMITS = { maxHeaderBytes: 64 * 1024, maxBodyBytes: 16 * 1024 * 1024 };
const SLICE = 12_000;

const random = seededRandom();
process.stdout.write(`esl-mutations.spec: SEED=${random.seed}\n`);

const recordings = captures().flatMap((capture) => capture.connections.map((connection) => connection.bytes()));

/** Some kilobytes of a recording, more often than not from the start of a frame. */
function slice(): Buffer {
  const bytes = recordings[random.between(0, recordings.length - 1)] ?? Buffer.alloc(0);
  const anywhere = random.between(0, Math.max(0, bytes.length - SLICE));
  const frame = random.next() < 0.8 ? bytes.indexOf('Content-', anywhere) : -1;
  const from = frame === -1 ? anywhere : frame;
  return Buffer.from(bytes.subarray(from, from + random.between(1, SLICE)));
}

const place = (bytes: Buffer): number => random.between(0, Math.max(0, bytes.length - 1));
const noise = (most: number): Buffer => Buffer.from(Array.from({ length: random.between(1, most) }, () => random.between(0, 255)));
/** Bytes that mean something to a parser are put in more often than chance would. */
const TOKENS = ['\n', '\n\n', '\r\n', ': ', '"', '\\', '{', '}', '[', '%', '%E9', '%2', 'Content-Length: ', 'Content-Length: -1\n', 'Content-Length: 99999999\n', 'Content-Type: text/disconnect-notice\n', '\0', '\u00ff'];

const mutations: readonly ((bytes: Buffer) => Buffer)[] = [
  (bytes) => {
    const flipped = Buffer.from(bytes);
    for (let n = random.between(1, 8); n > 0; n -= 1) {
      const at = place(flipped);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random.between(0, 7));
    }
    return flipped;
  },
  (bytes) => {
    const at = place(bytes);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.between(1, 300))]);
  },
  (bytes) => {
    const at = place(bytes);
    return Buffer.concat([bytes.subarray(0, at), noise(50), bytes.subarray(at)]);
  },
  (bytes) => {
    const at = place(bytes);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(TOKENS[random.between(0, TOKENS.length - 1)] ?? ''), bytes.subarray(at)]);
  },
  (bytes) => bytes.subarray(0, place(bytes)),
  (bytes) => Buffer.concat([bytes.subarray(0, place(bytes)), slice()]),
  (bytes) => {
    const [from, to] = [place(bytes), place(bytes)].sort((a, b) => a - b) as [number, number];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  (bytes) => {
    // The digits of a length are where a byte does most harm.
    const at = bytes.indexOf('Content-Length: ', place(bytes));
    if (at === -1) return bytes;
    const changed = Buffer.from(bytes);
    changed[at + 16 + random.between(0, 3)] = random.between(32, 64);
    return changed;
  },
];

function mutated(): Buffer {
  let bytes = slice();
  for (let n = random.between(1, 3); n > 0; n -= 1) bytes = mutations[random.between(0, mutations.length - 1)]?.(bytes) ?? bytes;
  return bytes;
}

function checkMessage(message: EslMessage): void {
  if (message.kind !== 'event') return;
  const { event } = message;
  if (event.name === '') throw new Error('an event has no name');
  for (const value of Object.values(event.headers)) if (typeof value !== 'string') throw new Error(`a header is a ${typeof value}`);
  for (const values of Object.values(event.lists ?? {})) if (!values.every((value) => typeof value === 'string')) throw new Error('a list holds no texts');
}

it(`${MUTATIONS} mutations of recorded bytes are read or refused: nothing is thrown, nothing hangs, little is held`, () => {
  const outcomes: Record<string, number> = {};
  for (let n = 0; n < MUTATIONS; n += 1) {
    const bytes = mutated();
    const decoder = new EslDecoder(LIMITS);
    const messages: EslMessage[] = [];
    const most = random.next() < 0.2 ? 20 : 5_000;
    let fatal = false;
    for (let at = 0; at < bytes.length; ) {
      const size = random.between(1, most);
      const told = decoder.push(bytes.subarray(at, at + size));
      // What was given up stays given up.
      if (fatal && told.length > 0) throw new Error(`messages after a fatal error (mutation ${n})`);
      fatal ||= told.some((message) => message.kind === 'protocol-error' && message.fatal);
      messages.push(...told);
      at += size;
      // A frame that never ends is held; never more than came, rounded up to what a store grows by.
      if (decoder.heldBytes > 2 * (bytes.length + 8_192)) throw new Error(`${decoder.heldBytes} bytes held of ${bytes.length} (mutation ${n})`);
    }
    messages.push(...decoder.end());
    for (const message of messages) checkMessage(message);
    if (messages.length > bytes.length / 10 + 2) throw new Error(`${messages.length} messages from ${bytes.length} bytes (mutation ${n})`);
    const outcome = fatal ? 'given up' : messages.some((message) => message.kind === 'protocol-error' || message.kind === 'torn-frame') ? 'a frame lost' : 'read';
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  process.stdout.write(`esl-mutations.spec: ${JSON.stringify(outcomes)}\n`);
  expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(MUTATIONS);
  expect(Object.keys(outcomes).sort()).toEqual(['a frame lost', 'given up', 'read']);
}, 120_000);

it('a stream that never ends a frame is held up to the limits and no further', () => {
  const endless = [
    { start: 'Content-Type: api/response\nContent-Length: 16777216\n\n', most: 2 * LIMITS.maxBodyBytes },
    { start: 'Content-Type: ', most: 2 * LIMITS.maxHeaderBytes + 131_072 },
    { start: 'Content-Type: x\n', most: 2 * LIMITS.maxHeaderBytes + 131_072 },
    { start: '', most: 2 * LIMITS.maxHeaderBytes + 131_072 },
  ];
  for (const { start, most } of endless) {
    const decoder = new EslDecoder(LIMITS);
    decoder.push(Buffer.from(start));
    const chunk = Buffer.alloc(65_536, 0x78);
    let held = 0;
    for (let n = 0; n < 400; n += 1) {
      decoder.push(chunk);
      held = Math.max(held, decoder.heldBytes);
    }
    expect(held).toBeLessThanOrEqual(most);
  }
});

it(`${THROUGH_A_SOCKET} mutated conversations through a socket end the connection once, and never the process`, async () => {
  const streams = Array.from({ length: THROUGH_A_SOCKET }, mutated);
  let next = 0;
  const server = await startEslServer(async (peer) => {
    await peer.authenticate();
    await peer.send(streams[next++] ?? Buffer.alloc(0), random.between(1_000, 20_000));
    peer.socket.end();
  });
  const reasons: Record<string, number> = {};
  try {
    for (let n = 0; n < THROUGH_A_SOCKET; n += 1) {
      const client = await connectEsl({ host: '127.0.0.1', port: server.port, password: 'x', connectTimeoutMs: 5_000, replyTimeoutMs: 5_000 });
      const told: EslDisconnect[] = [];
      client.onEvent((event) => checkMessage({ kind: 'event', event }));
      const command = client.api('status').then(
        () => 'answered',
        (error: Error) => error.name,
      );
      await new Promise<void>((resolve) =>
        client.onDisconnect((why) => {
          told.push(why);
          resolve();
        }),
      );
      expect(['answered', 'EslCommandLost', 'EslCommandRefused']).toContain(await command);
      await client.close();
      expect(told).toHaveLength(1);
      const reason = told[0]?.reason ?? '';
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
  } finally {
    await server.close();
  }
  process.stdout.write(`esl-mutations.spec: ${JSON.stringify(reasons)}\n`);
  expect(Object.keys(reasons)).toEqual(expect.arrayContaining(['protocol-error']));
}, 120_000);
