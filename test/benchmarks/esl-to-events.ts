import { EventEmitter } from 'node:events';
import modesl from 'modesl';
import { DECIDERS, eventCatalog } from '../../src/engine/domain.js';
import { CommandDispatcher } from '../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../src/platform/event-store/command-executor.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../src/platform/event-store/in-memory/in-memory.event-store.js';
import { InMemorySubjectKeys } from '../../src/platform/privacy/in-memory-subject-keys.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { EslDecoder } from '../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { ESL_LIMITS } from '../../src/telephony/adapters/freeswitch/esl-frames.js';
import { FreeswitchTranslator, TRANSLATED_HEADERS } from '../../src/telephony/adapters/freeswitch/freeswitch-translator.js';
import { CallIngest } from '../../src/telephony/calls/ingest/call-ingest.js';
import { FactLanes } from '../../src/telephony/calls/ingest/fact-lanes.js';
import { LiveLegs } from '../../src/telephony/calls/ingest/live-legs.fold.js';
import { captureConnection } from '../support/captures.js';
import { median, rounded, say } from './figure.js';

/** Bytes per piece: what a socket gives. */
const PIECE = 65_536;
const ROUNDS = 7;
/** How often the kept recording is read in a round. */
const REPEATS = 6;

type Contestant = 'modesl' | 'decoder' | 'translator' | 'events';

/** The kept head of the load recording, plain as it was recorded, as the JSON events that a live connection would carry. */
const loadAsJson = (): { readonly bytes: Buffer; readonly events: number } => {
  const frames: Buffer[] = [];
  for (const message of new EslDecoder().push(captureConnection('12', '.').bytes())) {
    if (message.kind !== 'event') continue;
    const { headers, body } = message.event;
    const text = Buffer.from(JSON.stringify(body === undefined ? headers : { ...headers, _body: body }));
    frames.push(Buffer.from(`Content-Length: ${text.length}\nContent-Type: text/event-json\n\n`), text);
  }
  return { bytes: Buffer.concat(frames), events: frames.length / 2 };
};

const piecesOf = function* (bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
};

const byModesl = (bytes: Buffer): number => {
  const socket = new EventEmitter();
  const parser = new modesl.Parser(socket);
  let decoded = 0;
  parser.on('esl::event', () => (decoded += 1));
  for (const piece of piecesOf(bytes)) socket.emit('data', piece);
  return decoded;
};

const byDecoder = (bytes: Buffer, translator?: FreeswitchTranslator): number => {
  const decoder = new EslDecoder(ESL_LIMITS, TRANSLATED_HEADERS);
  let decoded = 0;
  for (const piece of piecesOf(bytes)) {
    for (const message of decoder.push(piece)) {
      if (message.kind !== 'event') continue;
      translator?.translate(message.event);
      decoded += 1;
    }
  }
  return decoded;
};

/** From bytes to recorded events, encrypted where they are personal, in an in-memory log. */
const toEvents = async (bytes: Buffer): Promise<{ readonly decoded: number; readonly recorded: bigint }> => {
  const store = new InMemoryEventStore({ clock: systemClock });
  const keys = new InMemorySubjectKeys();
  const dispatcher = new CommandDispatcher(new CommandExecutor(new EventLog(store, eventCatalog(), keys)), DECIDERS);
  const refused: unknown[] = [];
  const overflow = (): void => void refused.push('there was no room for the facts');
  const lanes = new FactLanes((stream, command) => dispatcher.dispatch(stream, command), systemClock, { maxBytes: 1e9, retryMs: 100 }, overflow, (_callId, _command, error) => void refused.push(error));
  const number = { tenantId: 'acme', numberId: 'n1', destination: { kind: 'queue' as const, queueId: 'sales' } };
  const ingest = new CallIngest({
    legs: new LiveLegs(), lanes, keys, rejectUnknownNumbers: false,
    numbers: { resolve: () => number, byId: () => number },
    devices: { agentOf: () => undefined },
  });
  const decoder = new EslDecoder(ESL_LIMITS, TRANSLATED_HEADERS);
  const translator = new FreeswitchTranslator();
  let decoded = 0;
  for (const piece of piecesOf(bytes)) {
    for (const message of decoder.push(piece)) {
      if (message.kind !== 'event') continue;
      decoded += 1;
      for (const fact of translator.translate(message.event)) if ('channelId' in fact) ingest.ingest('node', fact);
    }
    // As between two reads of a socket: what was sent is decided and recorded.
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (lanes.pending > 0) await new Promise((resolve) => setImmediate(resolve));
  if (refused.length > 0) throw refused[0];
  return { decoded, recorded: await store.head() };
};

/**
 * ESL bytes to events: modesl's bare parser, our decoder, our translator behind it, and all of it up to recorded
 * events, on the same bytes: the load recording as JSON events, which is what live connections carry. They take turns; the
 * median of the rounds counts.
 */
export const benchEslToEvents = async (): Promise<void> => {
  const { bytes, events } = loadAsJson();
  const rates: Record<Contestant, number[]> = { modesl: [], decoder: [], translator: [], events: [] };
  let recorded = 0n;
  const run: Record<Contestant, () => number | Promise<number>> = {
    modesl: () => byModesl(bytes),
    decoder: () => byDecoder(bytes),
    translator: () => byDecoder(bytes, new FreeswitchTranslator()),
    events: async () => {
      const result = await toEvents(bytes);
      recorded = result.recorded;
      return result.decoded;
    },
  };
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const name of Object.keys(run) as Contestant[]) {
      const start = performance.now();
      for (let repeat = 0; repeat < REPEATS; repeat += 1) {
        const decoded = await run[name]();
        if (decoded !== events) throw new Error(`${name} decoded ${decoded} of ${events} events`);
      }
      // The first round warms up.
      if (round >= 0) rates[name].push((events * REPEATS * 1_000) / (performance.now() - start));
    }
  }
  const theirs = median(rates.modesl);
  const conditions = `capture 12 as JSON events, ${events} events of ${Math.round(bytes.length / events)} bytes on average, in pieces of 64 KiB; ${REPEATS} readings a round, median of ${ROUNDS} rounds, taking turns in one process`;
  const tell = (figure: string, name: Contestant, more = '', aim?: string): void =>
    say({
      figure, value: Math.round(median(rates[name])), unit: 'ESL events/s', peer: "modesl's bare parser on the same bytes", peerValue: Math.round(theirs), ratio: rounded(median(rates[name]) / theirs),
      ...(aim === undefined ? {} : { aim }),
      conditions: more === '' ? conditions : `${more}; ${conditions}`,
    });
  tell('ESL bytes to ESL events', 'decoder', 'our decoder alone');
  tell('ESL bytes to facts', 'translator', 'decoder and translator', '0.8 of modesl, never under 10,000/s');
  tell('ESL bytes to domain events', 'events', `decoder, translator, ingest, call decider, encryption, in-memory log; ${recorded} domain events of ${events} ESL events`);
};
