/**
 * invalid: the request itself is wrong (HTTP 422); not-found (404); conflict: it was right once or
 * may be later (409); forbidden (403); unavailable: a part that is needed is away (503).
 */
export type RefusalKind = 'invalid' | 'not-found' | 'conflict' | 'forbidden' | 'unavailable';

/** A refusal that a caller can act on. `code` is stable, kebab-case and documented; the message says what would be right. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  constructor(
    readonly kind: RefusalKind,
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, string | number | boolean | null>> = {},
  ) {
    super(message);
  }
}
