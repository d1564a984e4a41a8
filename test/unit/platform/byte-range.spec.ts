import { wantedBytes } from '../../../src/platform/http/byte-range.js';

describe('a wanted range of 100 bytes', () => {
  it.each([
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=10-19', { first: 10, last: 19 }],
    ['bytes=90-', { first: 90, last: 99 }],
    ['bytes=90-1000', { first: 90, last: 99 }],
    ['bytes=-1', { first: 99, last: 99 }],
    ['bytes=-1000', { first: 0, last: 99 }],
    [' bytes=0-99 ', { first: 0, last: 99 }],
  ])('%s is a part', (header, range) => expect(wantedBytes(header, 100)).toEqual(range));

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0'])('%s lies beyond', (header) => expect(wantedBytes(header, 100)).toBe('unsatisfiable'));

  it.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=5-4', 'bytes=0-1,4-5', 'bytes=a-b', 'items=0-1', 'bytes 0-1', `bytes=${'9'.repeat(16)}-`])('%s is all of it', (header) => expect(wantedBytes(header, 100)).toBeUndefined());

  it('of nothing there is no part', () => {
    expect(wantedBytes('bytes=0-', 0)).toBe('unsatisfiable');
    expect(wantedBytes('bytes=-5', 0)).toBe('unsatisfiable');
    expect(wantedBytes(undefined, 0)).toBeUndefined();
  });
});
