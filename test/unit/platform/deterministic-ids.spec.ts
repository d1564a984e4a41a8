import fc from 'fast-check';
import { v5 } from 'uuid';
import { deterministicId } from '../../../src/platform/event-store/deterministic-ids.js';

const NAMESPACE = '5f2ea3b0-9c1d-5b4e-8a77-1d0c6e0f7a11';

describe('an id made from parts', () => {
  it('is the UUID of version 5 that anybody else would make of them', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.integer()), { minLength: 1, maxLength: 6 }), (parts) => {
        expect(deterministicId(...parts)).toBe(v5(parts.join('\u001f'), NAMESPACE));
      }),
      { numRuns: 500 },
    );
  });

  it('of long parts is no exception, nor is the next short one', () => {
    for (const length of [1_359, 1_360, 1_361, 4_079, 4_080, 4_081, 100_000]) {
      for (const letter of ['x', '\u00e9', '\u20ac']) {
        const text = letter.repeat(length);
        expect(deterministicId(text)).toBe(v5(text, NAMESPACE));
        expect(deterministicId('a', 1)).toBe(v5('a\u001f1', NAMESPACE));
      }
    }
  });
});
