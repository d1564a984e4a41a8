import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { startHttp } from '../http-server.js';
import { InProcessFanout } from '../platform/http/live-fanout.port.js';
import { InProcessRateLimiter } from '../platform/http/rate-limit.port.js';
import { AlarmCounter } from '../platform/observability/alarms.port.js';
import { createLogger } from '../platform/observability/logger.js';
import { serveMeasures } from '../platform/observability/measures.js';
import { openRedis } from '../platform/redis/redis.js';
import type { Projection } from '../platform/subscriptions/projection.js';
import { systemClock } from '../platform/time/system-clock.js';
import { systemRandom } from '../platform/time/system-random.js';
import type { TrunklineSettings } from '../settings.js';
import { connectEsl } from '../telephony/adapters/freeswitch/esl-client.js';
import type { Domain } from './domain.js';
import { Engine } from './engine.js';
import { engineMeasures } from './metrics/engine-measures.js';
import { openStorage, type Storage } from './storage.js';
import type { TelephonyOptions } from './telephony-role.js';

/** A running process. */
export interface Program {
  readonly engine: Engine;
  readonly storage: Storage;
  readonly logger: Logger;
  /** Where the API listens, or what tells how a process without it is; undefined where nothing does. */
  readonly url: string | undefined;
  /** Drains the API, lets go of calls, finishes what is under way and closes everything. */
  stop(): Promise<void>;
}

export interface ProgramOptions {
  readonly settings: TrunklineSettings;
  readonly projections: readonly Projection[];
  readonly session?: TelephonyOptions['session'];
  readonly domain?: Domain;
  readonly logger?: Logger;
}

/** Everything that `npm start` runs. Rejects with an Error that says what is wrong; nothing is left running then. */
export const startProgram = async ({ settings, projections, session, domain, logger = createLogger(settings.logLevel) }: ProgramOptions): Promise<Program> => {
  const clock = systemClock;
  const random = systemRandom;
  const alarms = new AlarmCounter({
    raise: ({ code, message, details, error }) => logger.warn({ alarm: code, ...details, ...(error === undefined ? {} : { err: error }) }, message),
  });
  const storage = await openStorage(settings, clock, random, alarms);
  const closing: (() => Promise<void>)[] = [() => storage.close()];
  const stop = async (): Promise<void> => {
    for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
  };
  try {
    const redis = settings.redisUrl === undefined ? undefined : openRedis(settings.redisUrl, { clock, random, alarms });
    if (redis !== undefined) closing.push(() => redis.close());
    const fanout = redis?.fanout ?? new InProcessFanout();
    const engine = await Engine.build({ settings, clock, random, alarms, storage, projections, domain, connect: connectEsl, fanout, ...(session === undefined ? {} : { session }) });
    closing.push(() => engine.stop());
    await engine.start();
    let url: string | undefined;
    const serves = settings.roles.includes('api') ? 'api' : 'operations';
    const httpPort = serves === 'api' ? settings.httpPort : settings.operationsPort;
    if (httpPort !== undefined) {
      const { apiKeys, tenants, database, progress, nodes } = engine;
      const { log, executor, dispatcher } = engine.core;
      const metrics = new Registry();
      collectDefaultMetrics({ register: metrics });
      serveMeasures(metrics, engineMeasures(engine));
      const http = await startHttp({
        settings: { ...settings, httpPort }, clock, random, logger, alarms, metrics, readiness: engine.readinessChecks(), log, executor, dispatcher, database, objects: storage.objects, progress, apiKeys, tenants, nodes, queues: engine.telephony?.routing,
        rateLimiter: redis?.rateLimiter ?? new InProcessRateLimiter(clock), fanout,
      }, serves);
      url = http.url;
      closing.push(() => http.close(settings.drainMs));
    }
    return { engine, storage, logger, url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
