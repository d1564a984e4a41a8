import pino from 'pino';
import { Registry } from 'prom-client';
import type { Scope } from '../../src/identity/contract/identity-events.js';
import type { ApiParts } from '../../src/api-parts.js';
import { startHttp } from '../../src/http-server.js';
import { streamOf } from '../../src/kernel/streams.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { newApiKey } from '../../src/platform/http/access/api-key.js';
import { InProcessFanout } from '../../src/platform/http/live-fanout.port.js';
import { InProcessRateLimiter } from '../../src/platform/http/rate-limit.port.js';
import { HTTP_MIGRATIONS, HTTP_SCHEMA } from '../../src/platform/postgres/idempotency-keys.js';
import { runMigrations } from '../../src/platform/postgres/migrations.js';
import type { Projection } from '../../src/platform/subscriptions/projection.js';
import { systemClock } from '../../src/platform/time/system-clock.js';
import { systemRandom } from '../../src/platform/time/system-random.js';
import type { NodeUrl } from '../../src/platform/settings/node-urls.js';
import type { QueueSettings } from '../../src/routing/contract/routing-events.js';
import type { CdrPoster } from '../../src/simulator/switch/cdr-poster.port.js';
import { SeededRandom } from '../../src/simulator/seeded-random.js';
import { wavFiles } from '../../src/simulator/wav-files.js';
import type { FarEnd, Line } from '../../src/simulator/switch/far-end.js';
import { EslSocketServer } from '../../src/simulator/switch/esl/esl-socket-server.js';
import type { SwitchTruth } from '../../src/simulator/switch/observer.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { type ApiApp, requestAt } from './api-app.js';
import { eventually, nodeUrl, queueSettings, TestEngine, type TestEngineOptions } from './engine.js';
import { phones, quickPhone } from './phones.js';

export interface CallCenterOptions {
  readonly projections?: readonly Projection[];
  readonly change?: (parts: ApiParts) => ApiParts;
  /** What posts the switch's own CDRs; given once the API's address is known. */
  readonly cdrPoster?: (url: string) => CdrPoster;
  readonly node?: Partial<NodeUrl>;
  readonly engine?: TestEngineOptions;
}

/** The whole program, but for its start: engine, real PostgreSQL, API on a port, and a switch that is simulated behind a real event socket. */
export class CallCenter {
  /** What truly happened at the switch. */
  readonly truths: SwitchTruth[] = [];
  /** What a phone does that the switch dials; by default it answers. */
  phone: (address: string) => FarEnd = () => quickPhone();
  private readonly poster: { current: CdrPoster | undefined } = { current: undefined };

  private constructor(
    readonly fs: SimulatedSwitch,
    private readonly server: EslSocketServer,
    readonly engine: TestEngine,
    readonly url: string,
    private readonly closeHttp: () => Promise<void>,
  ) {
    this.request = requestAt(url);
  }

  readonly request: ApiApp['request'];

  static async start({ projections = [], change = (parts) => parts, cdrPoster, node, engine: engineOptions }: CallCenterOptions = {}): Promise<CallCenter> {
    const holder: { center: CallCenter | undefined } = { center: undefined };
    const endpoints = phones((address) => holder.center?.phone(address) ?? {});
    const poster: CdrPoster = { post: (cdr) => holder.center?.poster.current?.post(cdr) };
    const fs = new SimulatedSwitch({ clock: systemClock, random: new SeededRandom(1), endpoints, cdrPoster: poster, recordingFiles: wavFiles });
    const server = new EslSocketServer(fs);
    await server.listen();
    const fanout = new InProcessFanout();
    const engine = await TestEngine.start([nodeUrl(server.port, node)], projections, undefined, { fanout, ...engineOptions });
    await runMigrations(engine.storage.database, HTTP_SCHEMA, HTTP_MIGRATIONS);
    const { apiKeys, tenants, database, progress, nodes, core } = engine.engine;
    const { log, executor, dispatcher } = core;
    const http = await startHttp(change({
      settings: { httpHost: '127.0.0.1', httpPort: 0, requestsPerMinute: 1_000_000, cdrToken: 'secret' },
      clock: systemClock, random: systemRandom, logger: pino({ level: 'silent' }), alarms: engine.alarms, metrics: new Registry(), readiness: engine.engine.readinessChecks(),
      log, executor, dispatcher, database, objects: engine.storage.objects, progress, apiKeys, tenants, nodes, queues: engine.engine.telephony?.routing, rateLimiter: new InProcessRateLimiter(systemClock), fanout,
    }));
    const center = new CallCenter(fs, server, engine, http.url, () => http.close());
    holder.center = center;
    center.poster.current = cdrPoster?.(http.url);
    fs.observe((truth) => void center.truths.push(truth));
    await eventually('the node is ready', () => engine.engine.telephony?.media.isReady('fs1'));
    return center;
  }

  /** A key of the tenant; the tenant is made if there is none. */
  async keyFor(tenantId: string, ...scopes: readonly Scope[]): Promise<string> {
    const { tenants } = this.engine.engine;
    if (tenants.statusOf(tenantId) === undefined && tenantId !== 'system') await this.engine.send('tenant', tenantId, 'CreateTenant', { tenantId, settings: { name: tenantId, country: 'DE', timeZone: 'Europe/Berlin' } }, tenantId);
    const keyId = systemRandom.uuid();
    const { key, hash } = newApiKey(keyId);
    const { position } = await this.engine.send('apiKey', keyId, 'IssueApiKey', { keyId, tenantId, name: 'test', scopes, hash, expiresAt: null }, tenantId);
    await this.engine.engine.progress.waitFor('directories', position, 5_000);
    return key;
  }

  /** A queue with a number that leads to it. */
  async queue(queueId: string, number: string, over: Partial<QueueSettings> = {}, tenantId = 'acme'): Promise<void> {
    await this.engine.send('queue', queueId, 'CreateQueue', { queueId, settings: queueSettings(over) }, tenantId);
    await this.engine.send('number', `n-${queueId}`, 'AssignNumber', { numberId: `n-${queueId}`, number, destination: { kind: 'queue', queueId } }, tenantId);
    await eventually('the number is known', () => this.engine.engine.telephony?.numbers.resolve(number));
  }

  /** An agent who is available for a queue. */
  async agent(agentId: string, deviceUser: string, queueId: string, tenantId = 'acme'): Promise<void> {
    const { engine } = this;
    await engine.send('agent', agentId, 'CreateAgent', { agentId, settings: { displayName: agentId, deviceUser, address: null } }, tenantId);
    await engine.send('queue', queueId, 'JoinQueue', { agentId, level: 1, position: 1 }, tenantId);
    await engine.send('agent', agentId, 'StartShift', {}, tenantId);
    await eventually('the shift opens', () => engine.engine.telephony?.routing.shiftOf(agentId));
    await engine.send('agentShift', `${agentId}+1`, 'MakeAvailable', {}, tenantId);
  }

  /** A call comes in from outside. */
  call(to: string, from = '+4915112345678', farEnd: FarEnd = {}): Line {
    return this.fs.placeCall({ from, fromName: 'Caller', to }, farEnd);
  }

  /** The events of a call as they are on record. */
  events(callId: string): Promise<RecordedEvent[]> {
    return this.engine.engine.core.log.readStream(streamOf('call', callId));
  }

  /** The first event of the type, once it is there; `match`: those of its data must be as given. */
  seen(callId: string, type: string, match: Readonly<Record<string, unknown>> = {}): Promise<RecordedEvent> {
    return eventually(`${type} ${JSON.stringify(match)} of ${callId}`, async () =>
      (await this.events(callId)).find((event) => event.type === type && Object.entries(match).every(([field, value]) => (event.data as Record<string, unknown>)[field] === value)),
    );
  }

  /** Waits until the switch itself says that it happened. */
  truly(what: SwitchTruth['what'], channelId: string): Promise<SwitchTruth> {
    return eventually(`${what} at the switch`, () => this.truths.find((truth) => truth.what === what && truth.channelId === channelId));
  }

  async close(): Promise<void> {
    await this.closeHttp();
    await this.engine.stop();
    await this.server.close();
    this.fs.stop();
  }
}
