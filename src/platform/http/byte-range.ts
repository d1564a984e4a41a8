/** First and last byte, both included, of what a request wants. */
export interface WantedBytes {
  readonly first: number;
  readonly last: number;
}

/**
 * The header `Range` for content of so many bytes (RFC 9110): undefined for all of it, which is also
 * the answer to more than one range and to what is no range of bytes.
 */
export const wantedBytes = (header: string | undefined, bytes: number): WantedBytes | 'unsatisfiable' | undefined => {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from === '') return Number(to) === 0 || bytes === 0 ? 'unsatisfiable' : { first: Math.max(0, bytes - Number(to)), last: bytes - 1 };
  const first = Number(from);
  const last = to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (to !== '' && Number(to) < first) return undefined;
  return first >= bytes ? 'unsatisfiable' : { first, last };
};
