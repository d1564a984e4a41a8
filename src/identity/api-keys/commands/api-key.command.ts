import { Command } from '@nestjs/cqrs';
import type { CommandMeta } from '../../../kernel/command.js';
import type { CommandResult } from '../../../platform/event-store/command-executor.js';
import type { Scope } from '../../contract/identity-events.js';

export interface IssuedKey {
  readonly result: CommandResult;
  readonly keyId: string;
  /** The key itself, shown this once. */
  readonly key: string;
}

/** A new key for the tenant of `meta`. */
export class IssueKey extends Command<IssuedKey> {
  constructor(
    readonly data: { readonly name: string; readonly scopes: readonly Scope[]; readonly expiresAt: string | null },
    readonly meta: CommandMeta,
  ) {
    super();
  }
}

/** The key opens nothing any more, from now on. */
export class RevokeKey extends Command<CommandResult> {
  constructor(
    readonly keyId: string,
    readonly reason: string,
    readonly meta: CommandMeta,
  ) {
    super();
  }
}
