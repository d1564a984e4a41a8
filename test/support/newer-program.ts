import { fileURLToPath } from 'node:url';
import { readModels } from '../../projections/read-models.js';
import { callHistory } from '../../projections/call-history/call-history.projection.js';
import { queueStatistics } from '../../projections/queue-statistics/queue-statistics.projection.js';
import { serve } from '../../src/cli/commands/serve.js';
import { DECIDERS, type Domain, EVENT_SPECS } from '../../src/engine/domain.js';
import type { Command } from '../../src/kernel/command.js';
import type { Decider } from '../../src/kernel/decider.js';
import type { DomainEvent, EventSpec, RecordedEvent } from '../../src/kernel/event.js';
import type { SomeDecider } from '../../src/platform/event-store/command-dispatcher.js';
import { EventCatalog } from '../../src/platform/event-store/event-catalog.js';
import type { Projection } from '../../src/platform/subscriptions/projection.js';
import { callDecider } from '../../src/telephony/calls/domain/call.decider.js';
import { callEventSpecs } from '../../src/telephony/contract/call-events.js';

/**
 * The next version of the program, as a soak runs it beside the present one: it says of a call in a queue
 * by what medium it came (a field more in a known event), notes its language (an event that nobody knows
 * today), keeps one read model in a new shape and one that is new.
 */
const enqueued: EventSpec = callEventSpecs.CallEnqueued;
export const ENQUEUED_VERSION = enqueued.version + 1;

const newerSpecs: Readonly<Record<string, EventSpec>> = {
  ...callEventSpecs,
  CallEnqueued: { ...enqueued, version: ENQUEUED_VERSION, readableBy: enqueued.version, upcasters: { ...enqueued.upcasters, [enqueued.version]: (data) => ({ ...data, medium: 'unknown' }) } },
  CallLanguageNoted: { version: 1, readableBy: 0 },
};

const present = callDecider as unknown as Decider<unknown, Command, DomainEvent>;

const newerCalls: Decider<unknown, Command, DomainEvent> = {
  ...present,
  version: present.version + 1,
  eventTypes: [...present.eventTypes, 'CallLanguageNoted'],
  decide: (command, state) =>
    present.decide(command, state).flatMap((event) => (event.type === 'CallEnqueued' ? [{ ...event, data: { ...(event.data as object), medium: 'voice' } }, { type: 'CallLanguageNoted', data: { language: 'en' } }] : [event])),
  evolve: (state, event) => (event.type === 'CallLanguageNoted' ? state : present.evolve(state, event)),
};

export const newerDomain = (): Domain => ({
  catalog: new EventCatalog(...EVENT_SPECS.map((specs) => ((specs as object) === callEventSpecs ? newerSpecs : specs))),
  deciders: DECIDERS.map((decider): SomeDecider => ((decider as object) === callDecider ? (newerCalls as unknown as SomeDecider) : decider)),
});

const callLanguages: Projection = {
  name: 'call-languages',
  version: 1,
  eventTypes: ['CallLanguageNoted'],
  tables: [{ name: 'call_languages', columns: { tenant_id: 'text', call_id: 'text', language: 'text' }, primaryKey: ['tenant_id', 'call_id'] }],
  keys: ({ metadata, stream }: RecordedEvent) => [{ table: 'call_languages', key: [metadata.tenantId, stream] }],
  apply: ({ metadata, stream, data }, rows) => rows.put('call_languages', { tenant_id: metadata.tenantId, call_id: stream, language: (data as { language: string }).language }),
};

const withMore = (projection: Projection): Projection => ({
  ...projection,
  version: projection.version + 1,
  tables: projection.tables.map((table, index) => (index === 0 ? { ...table, columns: { ...table.columns, note: 'text' } } : table)),
});

/** Those that have another version than in the present program. */
export const CHANGED: readonly Projection[] = [queueStatistics, callHistory];

export const newerReadModels: readonly Projection[] = [...readModels.map((model) => (CHANGED.includes(model) ? withMore(model) : model)), callLanguages];

/** How to start it with `spawnProgram`. */
export const NEWER_PROGRAM: readonly string[] = ['--import', fileURLToPath(new URL('./register-swc.mjs', import.meta.url)), fileURLToPath(import.meta.url)];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  serve(process.env, { projections: newerReadModels, domain: newerDomain() }).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
}
