import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readModels } from '../../projections/read-models.js';
import { tellDeeds, tellTimers } from '../../src/cli/doctor/deeds.js';
import { tellNodes } from '../../src/cli/doctor/nodes.js';
import { Report } from '../../src/cli/doctor/report.js';
import { tellServerHealth } from '../../src/cli/doctor/server-health.js';
import { tellConsumers, tellLeases } from '../../src/cli/doctor/work.js';
import { type Clock, isoTime } from '../../src/kernel/clock.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import { SeededRandom } from '../../src/simulator/seeded-random.js';
import { EslSocketServer } from '../../src/simulator/switch/esl/esl-socket-server.js';
import type { Endpoints } from '../../src/simulator/switch/far-end.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { eventually, nodeUrl, openTestStorage, TestEngine } from '../support/engine.js';
import { freshDatabase, type FreshDatabase } from '../support/postgres.js';
import type { Storage } from '../../src/engine/storage.js';

jest.setTimeout(120_000);

const nobody: Endpoints = { dial: (address) => ({ kind: 'unreachable', channelName: address, destination: address, cause: 'UNREGISTERED' }) };

/** The doctor comes back a minute later. */
const later: Clock = { now: () => systemClock.now() + 60_000, after: (ms, task) => systemClock.after(ms, task) };

describe('the doctor', () => {
  let fresh: FreshDatabase;
  let storage: Storage;
  let center: TestEngine;
  let fs: SimulatedSwitch;
  let server: EslSocketServer;
  let report: Report;

  const codes = (): string[] => report.problems.map(({ code }) => code);
  const log = async () => ({ store: storage.store, head: await storage.store.head(), logId: await storage.store.logId() });

  beforeAll(async () => {
    fresh = await freshDatabase();
    fs = new SimulatedSwitch({ clock: systemClock, random: new SeededRandom(1), endpoints: nobody });
    server = new EslSocketServer(fs);
    await server.listen();
    storage = await openTestStorage(fresh.pool);
    center = await TestEngine.start([nodeUrl(server.port)], readModels, fresh.pool);
    await eventually('the node is compared', () => center.engine.telephony?.problem() === undefined);
    await center.engine.core.reader.drained();
  });
  beforeEach(() => {
    report = new Report();
  });
  afterAll(async () => {
    await center.stop();
    await storage.close();
    await server.close();
    fs.stop();
    await fresh.drop();
  });

  it('finds nothing wrong with what is well, and says what there is', async () => {
    await tellServerHealth(report, storage.database, systemClock);
    const leases = await tellLeases(report, storage.database);
    await eventually('the read models have all', async () => {
      report = new Report();
      await tellConsumers(report, storage.database, await log(), readModels, systemClock, true);
      return report.problems.length === 0;
    });
    await tellNodes(report, center.engine.core.log, leases, true, systemClock, systemRandom);
    await tellTimers(report, storage.database, systemClock, true);
    await tellDeeds(report, await log(), systemClock, true);
    expect(report.problems).toEqual([]);
    expect(report.text()).toMatch(/fs1 +driven by \S+; clock/);
    expect(report.text()).toMatch(/0 channels; events come, its clock [+-]\d+ ms; dialplan not told/);
    expect(report.text()).toContain('Nothing is wrong.');
    expect(JSON.parse(report.json())).toMatchObject({ well: true, problems: [], sections: expect.arrayContaining([{ title: 'Timers', facts: [{ name: 'waiting', value: 'none' }] }]) });
  });

  it('names a timer that nobody fires, a deed without a result, and what is ahead of the log', async () => {
    await storage.database.query(`INSERT INTO trunkline_timers (runner, key, rule, due_at, tenant_id, correlation_id, causation_id, command) VALUES ('somebody', 'k', 'r', now() - interval '1 minute', 'acme', 'c', 'c', '{}')`);
    await tellTimers(report, storage.database, systemClock, true);
    await storage.database.query(`DELETE FROM trunkline_timers WHERE runner = 'somebody'`);
    await storage.database.query(`INSERT INTO trunkline_checkpoints (name, position, log_id) VALUES ('hasty', 999999, $1)`, [await storage.store.logId()]);
    await tellConsumers(report, storage.database, await log(), [], systemClock, true);
    await storage.database.query(`DELETE FROM trunkline_checkpoints WHERE name = 'hasty'`);
    const at = isoTime(systemClock.now() - 600_000);
    const metadata = { tenantId: 'acme', occurredAt: at, commandId: 'c', $correlationId: 'c', $causationId: 'c', actor: { kind: 'system' as const, id: 'test' } };
    const data = { nodeId: 'nowhere', actionId: 'a1', channelId: 'c1', deed: 'hang-up', parameters: {}, personal: {}, personId: 'p', deadlineAt: at };
    await storage.store.append('call-stuck', 'no_stream', [{ id: systemRandom.uuid(), type: 'SwitchActionRequested', schemaVersion: 1, data, metadata }]);
    await tellDeeds(report, await log(), systemClock, true);
    expect(codes()).toEqual(['timers-overdue', 'ahead-of-log', 'deeds-stuck']);
    expect(report.problems.every(({ what, todo }) => what !== '' && todo !== '')).toBe(true);
    expect(JSON.parse(report.json())).toMatchObject({ well: false, problems: [{ code: 'timers-overdue' }, { code: 'ahead-of-log' }, { code: 'deeds-stuck' }] });
  });

  it('finds a caller whom the switch keeps waiting and nobody knows of, and a node that is away', async () => {
    const leases = await tellLeases(report, storage.database);
    await center.engine.stop();
    const line = fs.placeCall({ from: '+15550100', fromName: 'Una', to: '+15550199' }, {});
    await eventually('the caller is parked', async () => {
      report = new Report();
      await tellNodes(report, center.engine.core.log, leases, true, later, systemRandom);
      return codes().includes('caller-uncared');
    });
    expect(report.text()).toContain(line.channelId);
    expect(report.text()).not.toContain('15550100');
    await server.close();
    report = new Report();
    await tellNodes(report, center.engine.core.log, [], true, systemClock, systemRandom);
    expect(codes()).toEqual(expect.arrayContaining(['node-away', 'node-without-owner']));
  });
});
