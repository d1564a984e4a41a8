import { EventLog } from '../../src/platform/event-store/event-log.js';
import { runMigrations } from '../../src/platform/postgres/migrations.js';
import { PLATFORM_MIGRATIONS, PLATFORM_SCHEMA } from '../../src/platform/postgres/platform-schema.js';
import { ProjectionStore } from '../../src/platform/subscriptions/projection-store.js';
import { verify } from '../../src/platform/subscriptions/projection-verify.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { eventually } from '../support/engine.js';
import { CHANGED, ENQUEUED_VERSION, NEWER_PROGRAM, newerDomain, newerReadModels } from '../support/newer-program.js';
import { SoakCenter } from '../support/soak-center.js';

/** Long enough for each program to have calls of the other in hand. */
const STAGE_CALLS = Number(process.env['SOAK_STAGE_CALLS'] ?? 100);

describe('an old version of the program beside a new one', () => {
  let center: SoakCenter;

  afterEach(() => center?.close());

  /** Which version of the read models that have two is shown: the present one or the next. */
  const shown = async (): Promise<readonly (number | undefined)[]> => {
    const rows = await center.watch.rows<{ name: string; version: number }>('SELECT name, version FROM trunkline_projection_active');
    return CHANGED.map(({ name, version }) => (rows.find((row) => row.name === name)?.version ?? 0) - version);
  };
  const stage = (): Promise<unknown> => center.placed(center.simulation.callers.placed + STAGE_CALLS);
  const newerLog = (): EventLog => new EventLog(center.watch.log.store, newerDomain().catalog, center.watch.log.keys);

  it('both take the calls of each other; the new one is taken back after it has written, and comes again: nothing is lost, misread or stuck', async () => {
    center = await SoakCenter.open({ callsPerSecond: 6, agents: 40 });
    const { watch, simulation } = center;
    const old = await center.start();
    await center.setUp();
    await center.begin();
    await stage();

    const newer = await center.start(undefined, { program: NEWER_PROGRAM });
    await runMigrations(watch.database, PLATFORM_SCHEMA, [...PLATFORM_MIGRATIONS, { id: '9999-of-the-next-version', sql: 'CREATE TABLE next_version (n int)', additive: true }]);
    await eventually('the new read models have caught up and are shown', async () => (await shown()).every((ahead) => ahead === 1), 60_000);
    await stage();
    await old.stop();
    await stage();

    // Taken back: the old program takes the calls that the new one has begun.
    const again = await center.start();
    await newer.stop();
    await stage();
    await eventually('the read models of the old program are shown again', async () => (await shown()).every((ahead) => ahead === 0), 90_000);
    await stage();
    simulation.stopCalls();
    await center.over();

    const events = await watch.log.store.readAll({ after: 0n, maxCount: 500_000, filter: { types: ['CallEnqueued', 'CallLanguageNoted'] } });
    const written = { enqueuedByOld: events.filter(({ type, schemaVersion }) => type === 'CallEnqueued' && schemaVersion < ENQUEUED_VERSION).length, enqueuedByNew: events.filter(({ type, schemaVersion }) => type === 'CallEnqueued' && schemaVersion === ENQUEUED_VERSION).length, unknownToOld: events.filter(({ type }) => type === 'CallLanguageNoted').length };
    expect(Math.min(...Object.values(written))).toBeGreaterThan(0);
    expect(await center.broken()).toEqual([]);
    expect(await watch.rows('SELECT * FROM trunkline_parked_events')).toEqual([]);
    const call = events.find(({ type }) => type === 'CallLanguageNoted')?.stream.slice('call-'.length) ?? '';
    const audit = await center.api.ask('GET', `/v1/calls/${call}/events`);
    expect([audit.status, JSON.stringify(audit.body)]).toEqual([200, expect.stringContaining('CallLanguageNoted')]);

    const forward = await center.start(undefined, { program: NEWER_PROGRAM });
    await eventually('the new read models are shown again', async () => (await shown()).every((ahead) => ahead === 1), 90_000);
    const log = newerLog();
    await eventually('they have all', async () => (await watch.behind(newerReadModels)).length === 0, 60_000);
    const verdicts = await verify({ log, store: new ProjectionStore(watch.database), clock: systemClock }, newerReadModels);
    expect(verdicts.filter(({ equal }) => !equal).map(({ name }) => name)).toEqual([]);
    const rows = await watch.rows<{ n: number }>('SELECT count(*)::int AS n FROM call_languages');
    expect(rows[0]?.n).toBe(written.unknownToOld);
    process.stdout.write(`${JSON.stringify({ calls: simulation.callers.placed, ...written, cdrs: await center.cdrs(), truth: center.truth.totals().outcomes })}\n`);
    await Promise.all([forward.stop(), again.stop()]);
  });
});
