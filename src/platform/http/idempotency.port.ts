/** How a request stands to earlier ones with the same idempotency key. */
export type Claim = 'first' | 'repeated' | 'other-body';

/**
 * Remembers, for at least a day, with what body an idempotency key was used. What the repeated command
 * answers is not kept here: its command id is the same, and the event log knows the first result.
 */
export interface IdempotencyKeys {
  /** `use`: tenant, route and key; `body`: a hash of the body. Throws DatabaseUnavailable. */
  claim(use: string, body: string): Promise<Claim>;
  /** The request was refused and changed nothing: the key may be used again with a corrected body. */
  release(use: string): Promise<void>;
}

export const IDEMPOTENCY_KEYS = Symbol('IdempotencyKeys');
