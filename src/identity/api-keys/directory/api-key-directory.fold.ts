import type { Json, Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { ApiKeyDirectory, KnownApiKey } from '../../../platform/http/access/api-key-directory.port.js';
import type { LiveFold } from '../../../platform/subscriptions/live-fold.js';
import type { ApiKeyList, ApiKeyView } from '../../ports/identity-directory.port.js';
import type { ApiKeyEvent } from '../domain/api-key.events.js';

interface Entry extends ApiKeyView {
  readonly hash: string;
}

/** All keys that were ever issued; only those that still open something are found by the guard. */
export class ApiKeyDirectoryFold implements LiveFold, ApiKeyDirectory, ApiKeyList {
  readonly name = 'api-keys';
  readonly version = 1;
  readonly eventTypes = ['ApiKeyIssued', 'ApiKeyRevoked'];
  private readonly keys = new Map<string, Entry>();

  find(keyId: string): KnownApiKey | undefined {
    const entry = this.keys.get(keyId);
    return entry?.status === 'issued' ? entry : undefined;
  }

  keysOf(tenantId: string): readonly ApiKeyView[] {
    return [...this.keys.values()].filter((entry) => entry.tenantId === tenantId).map(viewOf);
  }

  key(keyId: string): ApiKeyView | undefined {
    const entry = this.keys.get(keyId);
    return entry === undefined ? undefined : viewOf(entry);
  }

  apply(recorded: RecordedEvent): void {
    const event = recorded as Recorded<ApiKeyEvent>;
    if (event.type === 'ApiKeyIssued') {
      this.keys.set(event.data.keyId, { ...event.data, status: 'issued', issuedAt: event.metadata.occurredAt });
      return;
    }
    const entry = this.keys.get(event.data.keyId);
    if (entry !== undefined) this.keys.set(entry.keyId, { ...entry, status: 'revoked' });
  }

  snapshot(): Json {
    return [...this.keys.values()] as unknown as Json;
  }

  restore(state: Json): void {
    for (const entry of state as unknown as Entry[]) this.keys.set(entry.keyId, entry);
  }
}

const viewOf = ({ hash: _hash, ...view }: Entry): ApiKeyView => view;
