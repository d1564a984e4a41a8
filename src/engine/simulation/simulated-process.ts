import type { Clock, Random } from '../../kernel/clock.js';
import type { CommandDispatcher } from '../../platform/event-store/command-dispatcher.js';
import { type ObjectStorage, ObjectStorageError } from '../../platform/object-storage/object-storage.port.js';
import { AlarmCounter } from '../../platform/observability/alarms.port.js';
import { InMemoryLeases } from '../../platform/subscriptions/in-memory-leases.js';
import type { LeaseTiming } from '../../platform/subscriptions/leases.port.js';
import type { Projection } from '../../platform/subscriptions/projection.js';
import type { ReadModelStore } from '../../platform/subscriptions/read-model-store.port.js';
import { type ByteStream, InMemoryStream, type SeededRandom, type SimulatedSwitch, type SwitchCdr } from '../../simulator/index.js';
import type { EslConnect } from '../../telephony/adapters/freeswitch/esl-client.port.js';
import { JsonCdrReader } from '../../telephony/adapters/freeswitch/json-cdr-reader.js';
import type { InMemoryCdrInbox } from '../../telephony/adapters/in-memory/in-memory-cdr-inbox.js';
import { witnessedLegOf } from '../../telephony/ports/switch-cdr-inbox.port.js';
import { CdrDelivery } from '../../telephony/switch-cdrs/delivery/cdr-delivery.js';
import { buildCore, type Core, type EnginePlatform } from '../core.js';
import { MediaRole } from '../media-role.js';
import { TelephonyRole } from '../telephony-role.js';
import { WorkerRole } from '../worker-role.js';
import { NODES } from './center.js';
import { keysAway, Link, linked, linkedStore, type Weather } from './link.js';
import { ProcessClock } from './process-clock.js';
import type { SharedStores } from './stores.js';
import type { SwitchRecordings } from './switch-recordings.js';
import { connectOver } from './stream-esl.js';

/** Parts that a test exchanges to see whether their absence is noticed. */
export interface Alterations {
  platform?(platform: EnginePlatform, stores: SharedStores): EnginePlatform;
  core?(core: Core): Core;
  readModels?(store: ReadModelStore): ReadModelStore;
  connect?(connect: EslConnect): EslConnect;
  /** Of the process that people use. */
  frontDoor?(dispatcher: CommandDispatcher, random: Random): CommandDispatcher;
}

/** How often things are done that a day is full of; longer than in life, because nights are long. */
export interface Pace {
  readonly leases: LeaseTiming;
  readonly askEveryMs: number;
  readonly heartbeatMs: number;
  /** How many of the center's calls come. */
  readonly share: number;
}

export interface ProcessParts {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly stores: SharedStores;
  /** Switches by their port. */
  readonly nodes: ReadonlyMap<number, SimulatedSwitch>;
  readonly recordings: SwitchRecordings;
  readonly projections: readonly Projection[];
  readonly pace: Pace;
  readonly alter: Alterations;
  /** It died in the middle of a call to its stores, or of a command to the switch. */
  readonly onDoom: () => void;
  /** Hears every command to the switch. */
  readonly onCommand: (command: string) => void;
}

/** How long a CDR waits for the facts of its own leg, ms, and how often a call is looked for that nobody knows. */
const CDR_WAITS_MS = 2_000;
const CDR_ATTEMPTS = 5;

const objectsAway = (): Error => new ObjectStorageError('unavailable', 'the object storage cannot be reached');

/** Between a process and the switch: bytes take a moment, now and then a few. */
const overTheWire = (clock: Clock, random: Random): Clock => ({
  now: () => clock.now(),
  after: (ms, task) => clock.after(ms + (random.next() < 0.3 ? 1 + Math.floor(random.next() * 4) : 0), task),
});

/** One process of Trunkline, with all roles, on stores that others share; it can be killed between any two steps. */
export class SimulatedProcess {
  readonly alarms = new AlarmCounter();
  readonly clock: ProcessClock;
  readonly link: Link;
  private readonly leases: InMemoryLeases;
  private readonly streams = new Set<ByteStream>();
  private readonly random: Random;
  private core: Core | undefined;
  private cdrs: CdrDelivery | undefined;
  private readonly inbox: InMemoryCdrInbox;
  private telephony: TelephonyRole | undefined;
  private worker: WorkerRole | undefined;
  private media: MediaRole | undefined;

  constructor(private readonly parts: ProcessParts) {
    const { random } = parts;
    this.clock = new ProcessClock(parts.clock);
    this.random = random.fork('process');
    this.link = new Link(this.clock, random.fork('link'), parts.onDoom);
    this.leases = new InMemoryLeases(this.clock, parts.stores.leaseTable, parts.pace.leases);
    this.inbox = linked(parts.stores.cdrs, this.link, 'database', { put: true, take: true, postpone: true, done: true });
  }

  get dead(): boolean {
    return this.clock.dead;
  }

  /** Whether the node is connected, and compared with what this process believes. */
  get isReady(): boolean {
    return this.telephony !== undefined && !this.dead && this.telephony.problem() === undefined;
  }

  set weather(weather: Weather) {
    this.link.weather = weather;
    this.leases.reachable = !weather.away.has('database');
  }

  /** Resolves when it does its work. Rejects where it cannot begin, as a program does that ends with an error. */
  async start(): Promise<void> {
    const { stores, pace, alter, projections } = this.parts;
    const { clock, link, random, alarms, leases } = this;
    const platform: EnginePlatform = {
      clock, random, alarms, leases,
      store: linkedStore(stores.log, link),
      keys: linked(stores.keys, link, 'database', { keyFor: true, load: false }, keysAway),
      snapshots: linked(stores.snapshots, link, 'database', { load: false, save: true }),
      checkpoints: linked(stores.checkpoints, link, 'database', { load: false, save: true }),
      parked: linked(stores.parked, link, 'database', { park: true, waiting: false, asked: false, handled: true, clear: true }),
      timers: linked(stores.timers, link, 'database', { load: false, save: true }),
      askEveryMs: pace.askEveryMs,
      whereabouts: 'simulated',
    };
    const built = await buildCore(alter.platform?.(platform, stores) ?? platform);
    this.core = alter.core?.(built) ?? built;
    const { core } = this;
    const readModels: ReadModelStore = linked<ReadModelStore>(stores.readModels, link, 'database', { ensure: true, statesOf: false, activate: true, write: true, tryOut: false });
    this.worker = new WorkerRole(core, alter.readModels?.(readModels) ?? readModels, projections);
    const connect = connectOver({ open: (port) => this.dial(port), clock, onCommand: (command) => this.mayStillSend(command) });
    this.telephony = new TelephonyRole(core, {
      connect: alter.connect?.(connect) ?? connect,
      rejectUnknownNumbers: true,
      session: { heartbeatIntervalMs: pace.heartbeatMs },
    });
    await core.reader.start();
    await this.worker.start();
    await this.telephony.start();
    const objects = linked<ObjectStorage>(stores.objects, link, 'database', { put: true, head: false, delete: true }, objectsAway);
    this.media = new MediaRole(core, { objects, inbox: this.inbox, mediaNodes: NODES.map(({ name }) => name), cdrSpool: undefined, files: (nodes) => this.parts.recordings.seenBy(nodes) });
    await this.media.start();
    this.cdrs = new CdrDelivery({ inbox: this.inbox, log: core.log, executor: core.executor, clock, alarms }, { everyMs: pace.askEveryMs, maxAttempts: CDR_ATTEMPTS });
    this.cdrs.start();
  }

  /** As the route for CDRs of switches, or the collector of a spool, does it. */
  async takeCdr(cdr: SwitchCdr, collected: boolean): Promise<void> {
    const read = new JsonCdrReader().read(cdr.body, `${cdr.leg === 'a' ? 'a_' : ''}${cdr.uuid}`);
    if ('unreadable' in read) throw new Error(read.unreadable);
    await this.inbox.put(witnessedLegOf(read.cdr), collected ? 0 : CDR_WAITS_MS);
  }

  /** Ends in good order. */
  async stop(): Promise<void> {
    await this.cdrs?.stop();
    await this.telephony?.stop();
    await this.media?.stop();
    await this.worker?.stop();
    await this.core?.reader.stop();
    this.kill();
  }

  /** Nothing of it goes on; its connections break. */
  kill(): void {
    if (this.dead) return;
    this.clock.die();
    this.link.sever();
    // What was written before is on its way, unless it was still in this machine.
    for (const stream of this.streams) {
      if (this.random.next() < 0.2) stream.destroy();
      else stream.end();
    }
    this.streams.clear();
  }

  private mayStillSend(command: string): boolean {
    const sent = this.link.step();
    if (sent) this.parts.onCommand(command);
    return sent;
  }

  private dial(port: number): ByteStream | undefined {
    const { nodes, clock, random } = this.parts;
    const node = nodes.get(port);
    if (node?.accepting !== true || this.dead) return undefined;
    const near = new InMemoryStream(overTheWire(this.clock, random.fork('near')));
    const far = new InMemoryStream(overTheWire(clock, random.fork('far')));
    near.peer = far;
    far.peer = near;
    this.streams.add(near);
    node.accept(far);
    return near;
  }
}
