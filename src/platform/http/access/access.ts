import type { Actor } from '../../../kernel/event.js';
import type { Scope } from './scope.js';

/** Who asks, and for which tenant. */
export interface Access {
  readonly keyId: string;
  /** The tenant that the request is about: the key's own, or the one that an operator named. */
  readonly tenantId: string;
  readonly scopes: readonly Scope[];
  readonly actor: Actor;
}
