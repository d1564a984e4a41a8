import type { Clock, Random } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { sqlState } from '../postgres/database-errors.js';
import { DatabaseUnavailable, type Database } from '../postgres/database.js';
import type { KeyRing } from './key-wrapping.js';
import { QUARANTINE_MS, type SubjectKey, type SubjectKeys } from './subject-keys.port.js';

interface KeyRow {
  readonly key_id: string;
  readonly tenant_id: string;
  readonly subject: string;
  readonly wrapped_key: Buffer;
}

/** What a person's next event is encrypted with; no key: the person was erased a moment ago. */
type FoundRow = Pick<KeyRow, 'tenant_id' | 'subject'> & (Pick<KeyRow, 'key_id' | 'wrapped_key'> | { readonly key_id: null });

interface Cached<T> {
  readonly key: T;
  readonly place: string;
  readonly until: number;
}

interface Wanted {
  readonly tenantId: string;
  readonly subject: string;
  readonly resolve: (key: SubjectKey) => void;
  readonly reject: (error: unknown) => void;
}

/** How long a key that was destroyed elsewhere may still be used here, ms. */
const TRUST_MS = 60_000;
const MAX_CACHED = 200_000;
const MAX_GROUP = 500;
/**
 * SQLSTATEs after which the same statement may succeed: 40001 and 40P01 two processes met the same new
 * persons, 55P03 and 57014 it took too long, 25006 the server is a standby, 53xxx it is out of disk,
 * memory or connections, 58xxx it could not read or write its files.
 */
const PASSING = /^(40001|40P01|55P03|57014|25006|53...|58...)$/;

const QUARANTINE_START = `now() - interval '${QUARANTINE_MS} milliseconds'`;

/** One statement finds the live keys of a group of persons and makes those that are missing; it is right with two writers at once. */
const FIND_OR_MAKE = `WITH wanted AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bytea[]) AS w (tenant_id, subject, key_id, wrapped_key)
  ), made AS (
    INSERT INTO trunkline_subject_keys (key_id, tenant_id, subject, wrapped_key) SELECT key_id, tenant_id, subject, wrapped_key FROM wanted w
    WHERE NOT EXISTS (SELECT 1 FROM trunkline_subject_keys k WHERE k.tenant_id = w.tenant_id AND k.subject = w.subject AND k.destroyed_at IS NULL)
      AND NOT EXISTS (SELECT 1 FROM trunkline_subject_keys k WHERE k.tenant_id = w.tenant_id AND k.subject = w.subject AND k.destroyed_at > ${QUARANTINE_START})
    ON CONFLICT (tenant_id, subject) WHERE destroyed_at IS NULL DO NOTHING
    RETURNING key_id, tenant_id, subject, wrapped_key
  )
  SELECT key_id, tenant_id, subject, wrapped_key FROM made
  UNION ALL
  SELECT k.key_id, k.tenant_id, k.subject, k.wrapped_key FROM trunkline_subject_keys k JOIN wanted w USING (tenant_id, subject) WHERE k.destroyed_at IS NULL
  UNION ALL
  SELECT NULL, w.tenant_id, w.subject, NULL FROM wanted w
  WHERE EXISTS (SELECT 1 FROM trunkline_subject_keys k WHERE k.tenant_id = w.tenant_id AND k.subject = w.subject AND k.destroyed_at > ${QUARANTINE_START})
    AND NOT EXISTS (SELECT 1 FROM trunkline_subject_keys k WHERE k.tenant_id = w.tenant_id AND k.subject = w.subject AND k.destroyed_at IS NULL)`;
const BY_ID = 'SELECT key_id, tenant_id, subject, wrapped_key FROM trunkline_subject_keys WHERE key_id = ANY($1::uuid[]) AND destroyed_at IS NULL';
const LIVE = 'SELECT key_id FROM trunkline_subject_keys WHERE tenant_id = $1 AND subject = $2 AND destroyed_at IS NULL';
const DESTROY = 'UPDATE trunkline_subject_keys SET wrapped_key = NULL, destroyed_at = now() WHERE tenant_id = $1 AND subject = $2 AND destroyed_at IS NULL RETURNING key_id';

/**
 * Keys of persons as rows, each wrapped under its tenant's key. Those who are new at the same moment
 * share one statement. A cached key is looked up again after a minute. One that is forgotten while an
 * answer is on its way is asked for again, so that no answer of before brings it back.
 *
 * Throws DomainError `subject-keys-unavailable` while the database is away: whoever reads the log waits then.
 */
export class PostgresSubjectKeys implements SubjectKeys {
  private readonly live = new Map<string, Cached<SubjectKey>>();
  private readonly byId = new Map<string, Cached<SubjectKey | undefined>>();
  private wanted: Wanted[] = [];
  private asking = false;
  /** Of each question that is under way: who was forgotten since it was asked. */
  private readonly underWay = new Set<Set<string>>();

  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
    private readonly clock: Clock,
    private readonly random: Random,
    /** Keys that are kept at a time; more than are loaded together. */
    private readonly maxCached = MAX_CACHED,
  ) {}

  keyFor(tenantId: string, subject: string): Promise<SubjectKey> {
    const cached = this.live.get(placeOf(tenantId, subject));
    if (cached !== undefined && cached.until > this.clock.now()) return Promise.resolve(cached.key);
    return new Promise((resolve, reject) => {
      this.wanted.push({ tenantId, subject, resolve, reject });
      if (!this.asking) void this.ask();
    });
  }

  async load(keyIds: Iterable<string>): Promise<void> {
    const now = this.clock.now();
    const unknown: string[] = [];
    for (const keyId of new Set(keyIds)) {
      const known = this.byId.get(keyId);
      // What is asked for now must not make room for what is loaded beside it.
      if (known !== undefined && known.until > now) this.remember(this.byId, keyId, known);
      else unknown.push(keyId);
    }
    for (let start = 0; start < unknown.length; start += 5_000) {
      for (let page = unknown.slice(start, start + 5_000); page.length > 0; ) {
        const { rows, forgotten } = await this.ofNow<KeyRow>(BY_ID, [page]);
        const found = new Map(rows.map((row) => [row.key_id, { key: this.unwrapped(row), place: placeOf(row.tenant_id, row.subject) }]));
        const isStale = (keyId: string): boolean => forgotten.has(found.get(keyId)?.place ?? '');
        for (const keyId of page) if (!isStale(keyId)) this.remember(this.byId, keyId, { ...(found.get(keyId) ?? { key: undefined, place: '' }), until: now + TRUST_MS });
        page = page.filter(isStale);
      }
    }
  }

  get(keyId: string): SubjectKey | undefined {
    return this.byId.get(keyId)?.key;
  }

  async destroy(tenantId: string, subject: string): Promise<number> {
    const { rows } = await this.query<{ key_id: string }>(DESTROY, [tenantId, subject]);
    this.forget(tenantId, subject);
    return rows.length;
  }

  forget(tenantId: string, subject: string): void {
    const gone = placeOf(tenantId, subject);
    this.live.delete(gone);
    for (const forgotten of this.underWay) forgotten.add(gone);
    for (const [keyId, { place }] of this.byId) if (place === gone) this.byId.delete(keyId);
  }

  async liveKeyId(tenantId: string, subject: string): Promise<string | undefined> {
    return (await this.query<{ key_id: string }>(LIVE, [tenantId, subject])).rows[0]?.key_id;
  }

  personId(tenantId: string, identity: string): string {
    return this.ring.personId(tenantId, identity);
  }

  private async ask(): Promise<void> {
    this.asking = true;
    while (this.wanted.length > 0) {
      const group = this.wanted.splice(0, MAX_GROUP);
      try {
        const keys = await this.findOrMake(group);
        for (const { tenantId, subject, resolve, reject } of group) {
          const key = keys.get(placeOf(tenantId, subject));
          if (key === undefined) reject(new Error('a key that was just made is gone'));
          else resolve(key);
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.asking = false;
  }

  private async findOrMake(group: readonly Wanted[]): Promise<Map<string, SubjectKey>> {
    const missing = new Map(group.map(({ tenantId, subject }) => [placeOf(tenantId, subject), { tenantId, subject }]));
    const keys = new Map<string, SubjectKey>();
    // A key that another process makes between our look and our insert is seen at the second look.
    for (let attempt = 0; missing.size > 0 && attempt < 3; ) {
      const made = [...missing.values()].map(({ tenantId, subject }) => {
        const keyId = this.random.uuid();
        return { tenantId, subject, keyId, wrapped: this.ring.wrap(tenantId, subject, keyId, this.ring.newKey()) };
      });
      const { rows, forgotten } = await this.ofNow<FoundRow>(FIND_OR_MAKE, [made.map((m) => m.tenantId), made.map((m) => m.subject), made.map((m) => m.keyId), made.map((m) => m.wrapped)]);
      if (![...missing.keys()].some((place) => forgotten.has(place))) attempt += 1;
      const until = this.clock.now() + TRUST_MS;
      for (const row of rows) {
        const place = placeOf(row.tenant_id, row.subject);
        if (forgotten.has(place)) continue;
        // A key that nobody keeps: what it encrypts is never read.
        const key = row.key_id === null ? { keyId: this.random.uuid(), key: this.ring.newKey() } : this.unwrapped(row);
        keys.set(place, key);
        missing.delete(place);
        this.remember(this.live, place, { key, place, until });
        if (row.key_id !== null) this.remember(this.byId, key.keyId, { key, place, until });
      }
    }
    return keys;
  }

  /** What the store answers, and whose keys were forgotten meanwhile. */
  private async ofNow<Row extends object>(sql: string, values: readonly unknown[]): Promise<{ readonly rows: Row[]; readonly forgotten: ReadonlySet<string> }> {
    const forgotten = new Set<string>();
    this.underWay.add(forgotten);
    try {
      const { rows } = await this.query<Row>(sql, values);
      return { rows, forgotten };
    } finally {
      this.underWay.delete(forgotten);
    }
  }

  private async query<Row extends object>(sql: string, values: readonly unknown[]): Promise<{ readonly rows: Row[] }> {
    try {
      return await this.database.query<Row & Record<string, unknown>>(sql, values);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) && !PASSING.test(sqlState(error))) throw error;
      throw new DomainError('unavailable', 'subject-keys-unavailable', `the store of personal keys did not answer (${error instanceof Error ? error.message : String(error)}); try again`);
    }
  }

  private unwrapped(row: KeyRow): SubjectKey {
    return { keyId: row.key_id, key: this.ring.unwrap(row.tenant_id, row.subject, row.key_id, row.wrapped_key) };
  }

  private remember<T>(cache: Map<string, Cached<T>>, name: string, value: Cached<T>): void {
    cache.delete(name);
    cache.set(name, value);
    if (cache.size <= this.maxCached) return;
    for (const oldest of cache.keys()) {
      cache.delete(oldest);
      break;
    }
  }
}

const placeOf = (tenantId: string, subject: string): string => `${tenantId}\u001f${subject}`;
