import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventCatalog } from '../../src/engine/domain.js';
import type { Json } from '../../src/kernel/event.js';
import { deterministicId } from '../../src/platform/event-store/deterministic-ids.js';
import type { NewEvent } from '../../src/platform/event-store/event-store.port.js';
import type { SubjectKey, SubjectKeys } from '../../src/platform/privacy/subject-keys.port.js';
import { agentSamples, agentShiftSamples, queueSamples } from './sample-events/agent-events.js';
import { callSamples } from './sample-events/call-events.js';
import { apiKeySamples, mediaNodeSamples, numberSamples, personSamples, recordingSamples, tenantSamples } from './sample-events/configuration-events.js';

/** Plaintext data of one sample of every event type, in the newest shape. */
export const SAMPLES: Readonly<Record<string, unknown>> = {
  ...callSamples, ...mediaNodeSamples, ...numberSamples, ...recordingSamples, ...agentSamples, ...agentShiftSamples, ...queueSamples, ...tenantSamples, ...apiKeySamples, ...personSamples,
};

/**
 * One file for each version of each type that was ever written. `stored` is what a log on disk holds:
 * it is never changed. `decoded` is what the program makes of it today; an upcaster may change it.
 */
export interface GoldenEvent {
  readonly stored: NewEvent & { readonly stream: string };
  readonly decoded: Json;
}

const FOLDER = fileURLToPath(new URL('../golden/events/', import.meta.url));

/** Keys of people that anybody can derive, never to be changed: what they encrypted lies in the golden files. */
export class GoldenKeys implements SubjectKeys {
  private readonly known = new Map<string, SubjectKey>();

  async keyFor(tenantId: string, subject: string): Promise<SubjectKey> {
    const keyId = deterministicId('golden-key', tenantId, subject);
    const key = { keyId, key: createHash('sha256').update(`golden|${tenantId}|${subject}`).digest() };
    this.known.set(keyId, key);
    return key;
  }

  load(): Promise<void> {
    return Promise.resolve();
  }

  get(keyId: string): SubjectKey | undefined {
    return this.known.get(keyId);
  }

  liveKeyId(tenantId: string, subject: string): Promise<string | undefined> {
    const keyId = deterministicId('golden-key', tenantId, subject);
    return Promise.resolve(this.known.has(keyId) ? keyId : undefined);
  }

  forget(): void {
    // Nothing is kept beside the keys themselves.
  }

  destroy(tenantId: string, subject: string): Promise<number> {
    return Promise.resolve(this.known.delete(deterministicId('golden-key', tenantId, subject)) ? 1 : 0);
  }

  personId(_tenantId: string, identity: string): string {
    return createHash('sha256').update(identity).digest('hex').slice(0, 32);
  }
}

export const TENANT = 'acme';

/** The sample as this version of the program would store it. */
export const storedSample = async (type: string, keys: SubjectKeys): Promise<GoldenEvent['stored']> => {
  const stream = `golden-${type}`;
  const id = deterministicId('golden', type);
  const metadata = { tenantId: TENANT, occurredAt: '2026-03-02T09:00:00.000Z', commandId: deterministicId('golden-command', type), $correlationId: 'golden', $causationId: id, actor: { kind: 'system' as const, id: 'golden' } };
  const coded = await eventCatalog().encode(stream, { id, type, data: SAMPLES[type] as Json, metadata }, keys);
  return { ...coded, stream };
};

const fileOf = (type: string, version: number): string => join(FOLDER, `${type}.v${version}.json`);

/** All that are there, by file name. */
export const goldenEvents = (): ReadonlyMap<string, GoldenEvent> =>
  new Map(readdirSync(FOLDER).sort().map((name) => [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as GoldenEvent]));

export const goldenEvent = (type: string, version: number): GoldenEvent | undefined =>
  existsSync(fileOf(type, version)) ? (JSON.parse(readFileSync(fileOf(type, version), 'utf8')) as GoldenEvent) : undefined;

/**
 * Run by itself (`node --import ./test/support/register-swc.mjs test/support/golden-events.ts`), writes
 * the files that are missing for the versions of today, and touches no other.
 */
const writeMissing = async (): Promise<void> => {
  const catalog = eventCatalog();
  const keys = new GoldenKeys();
  for (const type of catalog.types()) {
    const version = catalog.spec(type)?.version ?? 1;
    if (goldenEvent(type, version) !== undefined) continue;
    const golden: GoldenEvent = { stored: await storedSample(type, keys), decoded: SAMPLES[type] as Json };
    writeFileSync(fileOf(type, version), `${JSON.stringify(golden, null, 2)}\n`);
    process.stdout.write(`${type}.v${version}.json\n`);
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeMissing();
