import fc from 'fast-check';
import { EslDecoder } from '../../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { ESL_LIMITS } from '../../../src/telephony/adapters/freeswitch/esl-frames.js';
import { selectHeaders } from '../../../src/telephony/adapters/freeswitch/esl-json-headers.js';
import { FreeswitchTranslator, SUBSCRIBED_EVENTS, TRANSLATED_HEADERS } from '../../../src/telephony/adapters/freeswitch/freeswitch-translator.js';
import type { EslEvent } from '../../../src/telephony/adapters/freeswitch/esl-client.port.js';
import { factsIn } from '../../support/capture-facts.js';
import { captures } from '../../support/captures.js';

const eventsBy = (decoder: EslDecoder, bytes: Buffer): EslEvent[] => decoder.push(bytes).flatMap((message) => (message.kind === 'event' ? [message.event] : []));

/** An event as a live connection carries it. */
const asJson = ({ headers, body }: EslEvent): Buffer => {
  const text = Buffer.from(JSON.stringify(body === undefined ? headers : { ...headers, _body: body }));
  return Buffer.concat([Buffer.from(`Content-Length: ${text.length}\nContent-Type: text/event-json\n\n`), text]);
};

describe('headers selected from JSON events', () => {
  const select = selectHeaders({ names: new Set(['Event-Name', 'Unique-ID', 'variable_a', 'x']) });
  const of = (text: string): Record<string, string> | undefined => select(Buffer.from(text));

  it('has exactly the selected ones, with the values that a JSON parser finds', () => {
    const name = fc.oneof(fc.constantFrom('Event-Name', 'Unique-ID', 'variable_a', 'variable_b', 'x', 'y', 'Unique-IE'), fc.string({ unit: 'binary', maxLength: 12 }));
    const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constantFrom('', '\\', '"', '\\"', 'a","Unique-ID":"b', 'C:\\dir\\', '}', 'Zoë', '\n', '\u0000'));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 12 }), (pairs) => {
        const text = `{${pairs.map(([key, held]) => `${JSON.stringify(key)}:${JSON.stringify(held)}`).join(',')}}`;
        const found = of(text);
        // A name with an escape in it is left to the parser.
        if (found === undefined) return pairs.some(([key]) => JSON.stringify(key).includes('\\'));
        const parsed = JSON.parse(text) as Record<string, string>;
        const wanted = Object.entries(parsed).filter(([key]) => ['Event-Name', 'Unique-ID', 'variable_a', 'x'].includes(key));
        expect(found).toEqual(Object.fromEntries(wanted));
        return true;
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['no object', '[]'],
    ['a value that is no text', '{"Event-Name":"A","x":1}'],
    ['a list', '{"Event-Name":"A","x":["1","2"]}'],
    ['JSON for people to read', '{\n"Event-Name":"A"\n}'],
    ['blanks', '{"Event-Name": "A"}'],
    ['an end in the middle', '{"Event-Name":"A","x":"1'],
    ['no end', '{"Event-Name":"A"'],
    ['something behind the end', '{"Event-Name":"A"}}'],
    ['a wrong escape', '{"Event-Name":"A\\x"}'],
    ['nothing', ''],
    ['an empty object', '{}'],
  ])('leaves %s to the parser', (_what, text) => {
    expect(of(text)).toBeUndefined();
  });

  it('lets the translation of every recording say the same as with all headers', () => {
    let compared = 0;
    for (const { connections } of captures()) {
      for (const connection of connections) {
        const whole = eventsBy(new EslDecoder(), connection.bytes());
        const bytes = Buffer.concat(whole.filter((event) => SUBSCRIBED_EVENTS.includes(event.name) || event.name === 'CUSTOM').map(asJson));
        const full = factsIn(eventsBy(new EslDecoder(), bytes), new FreeswitchTranslator());
        const selected = factsIn(eventsBy(new EslDecoder(ESL_LIMITS, TRANSLATED_HEADERS), bytes), new FreeswitchTranslator());
        expect(selected).toEqual(full);
        compared += full.length;
      }
    }
    expect(compared).toBeGreaterThan(1_000);
  });
});
