import { readModels } from '../../../projections/read-models.js';
import { eventCatalog } from '../../engine/domain.js';
import { EventLog } from '../../platform/event-store/event-log.js';
import { InMemorySubjectKeys } from '../../platform/privacy/in-memory-subject-keys.js';
import { PostgresSubjectKeys } from '../../platform/privacy/postgres-subject-keys.js';
import { systemClock } from '../../platform/time/system-clock.js';
import { systemRandom } from '../../platform/time/system-random.js';
import { settingsFrom, type TrunklineSettings } from '../../settings.js';
import { tellConfiguration, tellDataFolder } from '../doctor/configuration.js';
import { reachDatabase, type ReachedDatabase } from '../doctor/database.js';
import { reachLog, tellObjects, tellRedis } from '../doctor/servers.js';
import { tellDeeds, tellTimers } from '../doctor/deeds.js';
import { tellNodes } from '../doctor/nodes.js';
import { Report } from '../doctor/report.js';
import { tellConsumers, tellLeases, tellParked } from '../doctor/work.js';
import type { Environment } from '../shared/workplace.js';

/** Looks at everything that the environment names and changes nothing; `json` tells it for machines. False when something is wrong. */
export const examine = async (env: Environment, { json = false }: { readonly json?: boolean } = {}): Promise<boolean> => {
  const report = new Report();
  const settings = settingsFrom(env);
  tellConfiguration(report, env);
  await tellDataFolder(report, settings);
  const reached = await reachDatabase(report, settings, systemClock);
  try {
    if (reached !== undefined) await tellWork(report, settings, reached);
  } finally {
    await reached?.close();
  }
  await tellRedis(report, settings, systemClock, systemRandom);
  await tellObjects(report, settings, systemClock, systemRandom);
  process.stdout.write(`${json ? report.json() : report.text()}\n`);
  return report.problems.length === 0;
};

const tellWork = async (report: Report, settings: TrunklineSettings, { database, pool, current, keyRing }: ReachedDatabase): Promise<void> => {
  const log = await reachLog(report, settings, database, pool, systemClock, systemRandom);
  try {
    if (!current) return;
    const leases = await tellLeases(report, database);
    const running = leases.some(({ live }) => live);
    if (log !== undefined) {
      await tellConsumers(report, database, log, readModels, systemClock, running);
      // Without the right master key everything is looked at all the same, but for what only it can open.
      const keys = keyRing === undefined ? new InMemorySubjectKeys() : new PostgresSubjectKeys(database, keyRing, systemClock, systemRandom);
      await tellNodes(report, new EventLog(log.store, eventCatalog(), keys), leases, running, systemClock, systemRandom);
      await tellDeeds(report, log, systemClock, running);
    }
    await tellTimers(report, database, systemClock, running);
    await tellParked(report, database);
  } finally {
    await log?.store.close();
  }
};
