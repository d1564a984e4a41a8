import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Registry } from 'prom-client';
import { readModels } from '../../projections/read-models.js';
import { engineMeasures } from '../../src/engine/metrics/engine-measures.js';
import { serveMeasures } from '../../src/platform/observability/measures.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { SeededRandom } from '../../src/simulator/seeded-random.js';
import type { Endpoints } from '../../src/simulator/switch/far-end.js';
import { EslSocketServer } from '../../src/simulator/switch/esl/esl-socket-server.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { eventually, nodeUrl, queueSettings, TestEngine } from '../support/engine.js';
import { freshDatabase, type FreshDatabase } from '../support/postgres.js';
import { socketProxy, type SocketProxy } from '../support/socket-proxy.js';

jest.setTimeout(120_000);

const HEARTBEAT_MS = 500;

/** Nobody can be called. */
const nobody: Endpoints = { dial: (address) => ({ kind: 'unreachable', channelName: address, destination: address, cause: 'UNREGISTERED' }) };

describe('a process', () => {
  let fresh: FreshDatabase;
  let tables: SocketProxy;
  let log: SocketProxy;
  let fs: SimulatedSwitch;
  let server: EslSocketServer;
  let center: TestEngine;

  /** Codes of what keeps the process from serving. */
  const problems = async (): Promise<string[]> => {
    const late = (code: string): Promise<string> => new Promise((resolve) => void systemClock.after(2_000, () => resolve(code)));
    const found = await Promise.all(center.engine.readinessChecks().map(({ failure, problem }) => Promise.race([problem().then((told) => told?.code, () => failure), late(failure)])));
    return found.filter((code) => code !== undefined);
  };
  const says = (code: string): Promise<unknown> => eventually(`it says ${code}`, async () => (await problems()).includes(code), 30_000);
  const isReady = (): Promise<unknown> => eventually('it is ready', async () => (await problems()).length === 0, 30_000);
  const scrape = async (): Promise<string> => {
    const registry = new Registry();
    serveMeasures(registry, engineMeasures(center.engine));
    return registry.metrics();
  };
  const figure = async (name: string): Promise<number> => {
    const line = (await scrape()).split('\n').find((each) => each.startsWith(`${name} `));
    return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
  };

  beforeAll(async () => {
    fresh = await freshDatabase();
    [tables, log] = await Promise.all([socketProxy(fresh.pool), socketProxy(fresh.pool)]);
    fs = new SimulatedSwitch({ clock: systemClock, random: new SeededRandom(1), endpoints: nobody, settings: { heartbeatMs: HEARTBEAT_MS } });
    server = new EslSocketServer(fs);
    await server.listen();
    center = await TestEngine.start([nodeUrl(server.port)], readModels, tables.pool, { logPool: log.pool, session: { heartbeatIntervalMs: HEARTBEAT_MS, redialMs: { first: 50, longest: 200 } } });
  });
  afterAll(async () => {
    await center.stop();
    await server.close();
    fs.stop();
    await Promise.all([tables.close(), log.close()]);
    await fresh.drop();
  });

  it('is ready once its node is connected and compared', async () => {
    await isReady();
    expect(await figure('trunkline_node_ready{node="fs1"}')).toBe(1);
  });

  it('says no while the database is away, cut or silent, and yes again without a restart', async () => {
    await tables.cut();
    await says('database-away');
    await tables.restore();
    await isReady();
    tables.freeze();
    await says('database-away');
    await tables.restore();
    await isReady();
  });

  it('says no while the event log is away, and yes again without a restart', async () => {
    await log.cut();
    await says('event-store-away');
    await log.restore();
    await isReady();
  });

  it('says no while the log can be read and not written', async () => {
    const rows = center.storage.database;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const holding = rows.transaction(async (tx) => {
      await tx.query('LOCK TABLE event_store.events IN SHARE ROW EXCLUSIVE MODE');
      await held;
    });
    const command = center.send('queue', 'slow', 'CreateQueue', { queueId: 'slow', settings: queueSettings() });
    await says('event-store-not-writable');
    expect(await figure('trunkline_internal_queue_depth{queue="appends"}')).toBeGreaterThanOrEqual(1);
    expect(await figure('trunkline_internal_queue_oldest_seconds{queue="appends"}')).toBeGreaterThan(3);
    release();
    await Promise.all([holding, command.catch(() => undefined)]);
    await isReady();
  });

  it('says no while no node is connected, and yes when it is back', async () => {
    const { port } = server;
    await server.close();
    await says('no-node-connected');
    expect(await figure('trunkline_node_ready{node="fs1"}')).toBe(0);
    expect(await figure('trunkline_node_gap_open_seconds{node="fs1"}')).toBeGreaterThan(0);
    server = new EslSocketServer(fs, { port });
    await server.listen();
    await isReady();
    expect(await figure('trunkline_node_connections_lost_total{node="fs1"}')).toBeGreaterThanOrEqual(1);
    expect(await figure('trunkline_node_gap_open_seconds{node="fs1"}')).toBe(0);
  });

  it('tells its figures in the format of Prometheus, every name once with its help, none of them a riddle', async () => {
    await center.engine.core.reader.drained();
    const text = await scrape();
    const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    expect(names.length).toBeGreaterThan(40);
    for (const [, name = '', type] of names) {
      expect(name).toMatch(/^trunkline_[a-z_]+$/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    }
    // Whatever is told is a number.
    for (const line of text.split('\n')) if (line !== '' && !line.startsWith('#')) expect(line).toMatch(/^[a-z_]+(\{[^}]*\})? -?[\d.]+(e[+-]?\d+)?$/);
    expect(await figure('trunkline_lease_held{lease="node/fs1"}')).toBe(1);
    expect(text).toMatch(/^trunkline_lease_held\{lease="projections\/live-calls[^"]*"\} 1$/m);
    expect(await figure('trunkline_consumer_lag_events{consumer="telephony"}')).toBe(0);
    expect(await figure('trunkline_consumer_failed{consumer="directories"}')).toBe(0);
    expect(await figure('trunkline_internal_queue_limit{queue="facts"}')).toBeGreaterThan(100_000);
    expect(await figure('trunkline_pool_limit{pool="read-models"}')).toBe(12);
    expect(await figure('trunkline_queue_callers_waiting{tenant="acme",queue="slow"}')).toBe(0);
    // A histogram grows bound by bound, up to all that was counted.
    const buckets = [...text.matchAll(/^trunkline_append_duration_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)].map(([, , count]) => Number(count));
    expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
    expect(buckets.at(-1)).toBe(await figure('trunkline_append_duration_seconds_count'));
    expect(buckets.at(-1)).toBeGreaterThan(2);
    expect(await figure('trunkline_append_group_size_count')).toBeGreaterThan(0);
  });
});
