import type { EslEvent } from '../../src/telephony/adapters/freeswitch/esl-client.port.js';
import { EslDecoder } from '../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { FreeswitchTranslator } from '../../src/telephony/adapters/freeswitch/freeswitch-translator.js';
import type { SwitchFact } from '../../src/telephony/ports/switch-facts.js';
import { captureConnection } from './captures.js';

/** The events in a recorded stream, however it is cut. */
export const eventsIn = (pieces: Iterable<Buffer>): EslEvent[] => {
  const decoder = new EslDecoder();
  const events: EslEvent[] = [];
  for (const piece of pieces) {
    for (const message of decoder.push(piece)) if (message.kind === 'event') events.push(message.event);
  }
  return events;
};

/** Events of one connection of one recorded scenario. */
export const eventsOf = (scenario: string, connection = 'json'): EslEvent[] => eventsIn([captureConnection(scenario, connection).bytes()]);

/** Facts that a fresh translator makes of events. */
export const factsIn = (events: readonly EslEvent[], translator = new FreeswitchTranslator()): SwitchFact[] =>
  events.flatMap((event) => translator.translate(event));

export const factsOf = (scenario: string, connection = 'json'): SwitchFact[] => factsIn(eventsOf(scenario, connection));

/** The facts of one kind, typed as such. */
export const ofKind = <Kind extends SwitchFact['kind']>(facts: readonly SwitchFact[], kind: Kind): Extract<SwitchFact, { kind: Kind }>[] =>
  facts.filter((fact): fact is Extract<SwitchFact, { kind: Kind }> => fact.kind === kind);

/** Facts about one channel, in order of arrival. */
export const aboutChannel = (facts: readonly SwitchFact[], channelId: string): SwitchFact[] =>
  facts.filter((fact) => 'channelId' in fact && fact.channelId === channelId);

/** Cuts bytes at random places; the same `next` gives the same cuts. */
export const recut = (bytes: Buffer, next: () => number): Buffer[] => {
  const pieces: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    // Mostly a network's sizes, sometimes single bytes.
    const length = next() < 0.1 ? 1 + Math.floor(next() * 3) : 1 + Math.floor(next() * 9000);
    pieces.push(bytes.subarray(from, from + length));
    from += length;
  }
  return pieces;
};
