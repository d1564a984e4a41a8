import { KeySet } from '../../../src/platform/subscriptions/key-set.js';

const keyOf = (n: number): string => `acme\0${n.toString(16).padStart(8, '0')}-call\0${n}`;

describe('a set of keys', () => {
  test('knows every key that it was given, and takes few others for one', () => {
    const keys = new KeySet();
    expect(keys.mayHave(keyOf(0))).toBe(false);
    const added = 100_000;
    for (let n = 0; n < added; n += 1) keys.add(keyOf(n));
    for (let n = 0; n < added; n += 1) if (!keys.mayHave(keyOf(n))) throw new Error(`key ${n} was forgotten`);
    let mistaken = 0;
    for (let n = added; n < 2 * added; n += 1) if (keys.mayHave(keyOf(n))) mistaken += 1;
    expect(mistaken / added).toBeLessThan(0.1);
  });
});
