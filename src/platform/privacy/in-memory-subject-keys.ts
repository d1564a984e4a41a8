import { createHmac } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import { QUARANTINE_MS, type SubjectKey, type SubjectKeys } from './subject-keys.port.js';

/**
 * Keys in the memory of one process, for tests and the simulation. They derive from the seed, so that
 * a repeated run writes the same bytes; a destroyed key never comes back, its successor is another.
 */
export class InMemorySubjectKeys implements SubjectKeys {
  private readonly byId = new Map<string, SubjectKey>();
  private readonly live = new Map<string, SubjectKey>();
  private readonly generations = new Map<string, number>();
  private readonly quarantined = new Map<string, number>();

  /** Without a clock a person is known again as soon as they come again. */
  constructor(
    private readonly seed = 'in-memory',
    private readonly clock?: Pick<Clock, 'now'>,
  ) {}

  async keyFor(tenantId: string, subject: string): Promise<SubjectKey> {
    const place = `${tenantId}\u001f${subject}`;
    const known = this.live.get(place);
    if (known !== undefined) return known;
    // One that nobody keeps: what it encrypts is never read.
    if (this.clock !== undefined && this.clock.now() < (this.quarantined.get(place) ?? 0)) return this.newKey(place);
    const made = this.newKey(place);
    this.live.set(place, made);
    this.byId.set(made.keyId, made);
    return made;
  }

  private newKey(place: string): SubjectKey {
    const generation = (this.generations.get(place) ?? 0) + 1;
    this.generations.set(place, generation);
    const key = this.derive('key', `${place}\u001f${generation}`);
    return { keyId: this.derive('id', `${place}\u001f${generation}`).toString('hex').slice(0, 32), key };
  }

  async load(_keyIds: Iterable<string>): Promise<void> {
    // All keys are here.
  }

  get(keyId: string): SubjectKey | undefined {
    return this.byId.get(keyId);
  }

  async liveKeyId(tenantId: string, subject: string): Promise<string | undefined> {
    return this.live.get(`${tenantId}\u001f${subject}`)?.keyId;
  }

  forget(): void {
    // Nothing is kept beside the keys themselves.
  }

  async destroy(tenantId: string, subject: string): Promise<number> {
    const place = `${tenantId}\u001f${subject}`;
    if (this.clock !== undefined) this.quarantined.set(place, this.clock.now() + QUARANTINE_MS);
    const key = this.live.get(place);
    if (key === undefined) return 0;
    this.live.delete(place);
    this.byId.delete(key.keyId);
    return 1;
  }

  personId(tenantId: string, identity: string): string {
    return this.derive('person', `${tenantId}\u001f${identity}`).toString('hex').slice(0, 32);
  }

  private derive(purpose: string, text: string): Buffer {
    return createHmac('sha256', this.seed).update(`${purpose}\u001f${text}`).digest();
  }
}
