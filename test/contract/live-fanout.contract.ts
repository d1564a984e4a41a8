import { afterAll, describe, expect, it } from '@jest/globals';
import type { LiveFanout } from '../../src/platform/http/live-fanout.port.js';
import { eventually } from '../support/eventually.js';

/** What every fan-out must do. `make` gives two that are to hear each other; they may be one and the same. */
export const liveFanoutContract = (name: string, make: () => Promise<readonly [LiveFanout, LiveFanout]>): void => {
  describe(`${name} live fan-out`, () => {
    const made: LiveFanout[] = [];
    const pair = async (): Promise<readonly [LiveFanout, LiveFanout]> => {
      const two = await make();
      made.push(...two);
      return two;
    };
    afterAll(() => Promise.all(made.map((fanout) => fanout.close())));

    it('brings messages to who watches the topic, here and elsewhere, once and in order', async () => {
      const [a, b] = await pair();
      const [here, there, other]: unknown[][] = [[], [], []];
      a.subscribe('calls/acme', (message) => here?.push(message));
      b.subscribe('calls/acme', (message) => there?.push(message));
      b.subscribe('calls/globex', (message) => other?.push(message));
      // Until a subscription is known elsewhere, messages pass it by.
      await eventually(() => {
        a.publish('calls/acme', 'hello');
        return there?.includes('hello') === true;
      });
      here?.splice(0);
      for (let i = 0; i < 20; i += 1) a.publish('calls/acme', { i, text: 'Grüße' });
      await eventually(() => JSON.stringify(there?.at(-1)) === JSON.stringify({ i: 19, text: 'Grüße' }));
      const expected = Array.from({ length: 20 }, (_, i) => ({ i, text: 'Grüße' }));
      expect(here).toEqual(expected);
      expect(there?.filter((message) => message !== 'hello')).toEqual(expected);
      expect(other).toEqual([]);
    });

    it('brings nothing more after the end of a subscription, while others of the topic go on', async () => {
      const [a] = await pair();
      const [first, second]: unknown[][] = [[], []];
      const end = a.subscribe('t', (message) => first?.push(message));
      a.subscribe('t', (message) => second?.push(message));
      a.publish('t', 1);
      end();
      end();
      a.publish('t', 2);
      expect(first).toEqual([1]);
      expect(second).toEqual([1, 2]);
    });
  });
};
