import { trunklineDialplan } from '../../../src/simulator/switch/dialplan.js';
import { FreeswitchTranslator } from '../../../src/telephony/adapters/freeswitch/freeswitch-translator.js';
import { parseJsonCdr } from '../../../src/telephony/adapters/freeswitch/json-cdr.js';
import type { SwitchCdr } from '../../../src/telephony/ports/switch-cdr.js';
import type { SwitchFact } from '../../../src/telephony/ports/switch-facts.js';
import { simulatedNode } from '../../support/simulated-node.js';

/** What both witnesses tell of the end of a caller, who hangs up after so many seconds unless the switch did before; `takenOver`: somebody drives them. */
const endOf = (seconds: number, takenOver: boolean, fallback?: string): { readonly fact: SwitchFact | undefined; readonly cdr: SwitchCdr | undefined } => {
  const cdrs: SwitchCdr[] = [];
  const { clock, node, connect } = simulatedNode({ cdrPoster: { post: ({ body }) => void cdrs.push(parseJsonCdr(body)) }, dialplan: trunklineDialplan(fallback === undefined ? {} : { fallback }) });
  const client = connect('auth ClueCon', 'event json ALL');
  const line = node.placeCall({ from: '+4915112345678', fromName: 'Caller', to: '+4930555010' }, {});
  clock.advance(100);
  if (takenOver) client.send(`api sched_del trunkline-${line.channelId}`);
  clock.advance(seconds * 1_000);
  line.hangUp();
  clock.advance(1_000);
  const translator = new FreeswitchTranslator();
  const facts = client.events.flatMap((event) => translator.translate(event));
  return { fact: facts.find((fact) => fact.kind === 'channel-ended' && fact.channelId === line.channelId), cdr: cdrs.find(({ channelId }) => channelId === line.channelId) };
};

describe('a caller whom nobody drives', () => {
  it.each([['an announcement', undefined], ['a telephone', 'user/reception@x']])('is told to have been sent to the fallback, %s, by the end of the leg and by the own CDR of the switch', (_what, fallback) => {
    const { fact, cdr } = endOf(12, false, fallback);
    expect(fact).toMatchObject({ kind: 'channel-ended', toFallback: true });
    expect(cdr).toMatchObject({ toFallback: true });
  });

  it('who hung up before was not there, and neither was one who was taken over', () => {
    for (const { fact, cdr } of [endOf(5, false), endOf(30, true)]) {
      expect(fact).toMatchObject({ kind: 'channel-ended' });
      expect(fact).not.toHaveProperty('toFallback');
      expect(cdr).not.toHaveProperty('toFallback');
    }
  });
});
