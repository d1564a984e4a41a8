import { EventEmitter } from 'node:events';
import modesl from 'modesl';
import { EslDecoder } from '../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { FreeswitchTranslator } from '../../src/telephony/adapters/freeswitch/freeswitch-translator.js';
import { captureConnection } from '../support/captures.js';

/** Bytes per piece: what a socket gives. */
const PIECE = 65_536;
const ROUNDS = 7;
/** How often the kept recording is read in a round. */
const REPEATS = 6;

/**
 * Bytes to decoded events: modesl's bare parser, our decoder, and our decoder with the translator behind it, on the same bytes in one run: the load recording
 * as JSON events, which is what live connections carry. They take turns; each figure is the
 * median of its rounds.
 */
export async function benchEslDecode(): Promise<object[]> {
  const { bytes, events } = loadAsJson();
  const contestants = {
    trunkline: () => {
      const decoder = new EslDecoder();
      let decoded = 0;
      for (const piece of piecesOf(bytes)) for (const message of decoder.push(piece)) if (message.kind === 'event') decoded += 1;
      return decoded;
    },
    'trunkline with translator': () => {
      const decoder = new EslDecoder();
      let translator = new FreeswitchTranslator();
      let decoded = 0;
      for (const piece of piecesOf(bytes)) {
        for (const message of decoder.push(piece)) {
          if (message.kind !== 'event') continue;
          // The recording repeats: each time its channels are new to a translator that knows nothing of them.
          if (decoded % (events / REPEATS) === 0) translator = new FreeswitchTranslator();
          translator.translate(message.event);
          decoded += 1;
        }
      }
      return decoded;
    },
    modesl: () => {
      const socket = new EventEmitter();
      const parser = new modesl.Parser(socket);
      let decoded = 0;
      parser.on('esl::event', () => (decoded += 1));
      for (const piece of piecesOf(bytes)) socket.emit('data', piece);
      return decoded;
    },
  };
  const rates: Record<keyof typeof contestants, number[]> = { trunkline: [], 'trunkline with translator': [], modesl: [] };
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const name of ['modesl', 'trunkline', 'trunkline with translator'] as const) {
      const start = process.hrtime.bigint();
      const decoded = contestants[name]();
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      if (decoded !== events) throw new Error(`${name} decoded ${decoded} of ${events} events`);
      // The first round warms the machine up.
      if (round >= 0) rates[name].push(decoded / seconds);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const theirs = median(rates.modesl);
  const row = (what: string, name: keyof typeof contestants): object => ({
    what,
    eventsPerSecond: Math.round(median(rates[name])),
    ratioToModesl: Number((median(rates[name]) / theirs).toFixed(2)),
    bytesPerEvent: Math.round(bytes.length / events),
    rounds: ROUNDS,
  });
  return [
    row("ESL bytes to events, modesl's bare parser", 'modesl'),
    row('ESL bytes to events, our decoder', 'trunkline'),
    row('ESL bytes to switch facts, our decoder and translator', 'trunkline with translator'),
  ];
}

/** The kept head of the load recording, plain as it was recorded, as the JSON events that a live connection would carry. */
function loadAsJson(): { readonly bytes: Buffer; readonly events: number } {
  const frames: Buffer[] = [];
  for (const message of new EslDecoder().push(captureConnection('12', '.').bytes())) {
    if (message.kind !== 'event') continue;
    const { headers, body } = message.event;
    const text = Buffer.from(JSON.stringify(body === undefined ? headers : { ...headers, _body: body }));
    frames.push(Buffer.from(`Content-Length: ${text.length}\nContent-Type: text/event-json\n\n`), text);
  }
  const once = Buffer.concat(frames);
  return { bytes: Buffer.concat(Array.from({ length: REPEATS }, () => once)), events: (frames.length / 2) * REPEATS };
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
