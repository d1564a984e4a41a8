import type { Clock, Random } from '../../kernel/clock.js';
import type { CallerProfile, Channel } from './channel.js';
import type { CdrPoster } from './cdr-poster.port.js';
import type { RecordingFiles } from './recording-files.port.js';
import type { Deeds } from './deeds.js';
import type { Dialplan } from './dialplan.js';
import { EventBus, type EventBusOptions } from './event-bus.js';
import { basicHeaders, callerHeaders, callStateHeaders, variableHeaders } from './event-headers.js';
import { CALLING_POINTS, WITHOUT_VARIABLES, type CallingPoint, type EventName } from './event-names.js';
import type { Endpoints } from './far-end.js';
import type { SwitchObserver, SwitchTruth } from './observer.js';
import { Scheduler } from './scheduler.js';
import type { CallState, ChannelState } from './states.js';
import { SwitchEvent, type Header } from './switch-event.js';
import { gmtOf, stampOf, SwitchTime } from './switch-time.js';

export interface SwitchSettings extends EventBusOptions {
  readonly hostname: string;
  readonly address: string;
  readonly domain: string;
  readonly password: string;
  readonly heartbeatMs: number;
  /** Events queued for one reader before the switch gives it up. */
  readonly readerLimit: number;
  /** Events that such a reader may lose before it is cut off. */
  readonly readerLossLimit: number;
  /** Length of a sound file in ms, or undefined where there is no such file. */
  readonly mediaLengthMs: (path: string) => number | undefined;
  /** Probability that an originate's job ends before its leg is seen parked (1,871 of 1,900 recorded). */
  readonly jobBeforePark: number;
}

export const DEFAULT_SETTINGS: SwitchSettings = {
  hostname: 'simulator',
  address: '192.0.2.10',
  domain: 'simulator.invalid',
  password: 'ClueCon',
  heartbeatMs: 20_000,
  readerLimit: 100_000,
  readerLossLimit: 500,
  latencyMs: [1, 8],
  inversion: 0.03,
  mediaLengthMs: (path) => (path.startsWith('/nonexistent') ? undefined : 3_000),
  jobBeforePark: 0.985,
};

interface FireOptions {
  readonly channel?: Channel;
  /** Headers even before Event-Name: those of the message that a PRIVATE_COMMAND carries. */
  readonly prefix?: readonly Header[];
  /** Headers before those of the channel, and after them. */
  readonly before?: readonly Header[];
  readonly after?: readonly Header[];
  readonly body?: string;
  readonly from?: CallingPoint;
  readonly sequence?: number;
  /** The event's time, where it must be that of a fact told with it, microseconds. */
  readonly atUs?: number;
  readonly subclass?: string;
}

/** What all parts of the switch share: its identity, clock, chance, channels and the way out for events. */
export class SwitchCore {
  readonly time: SwitchTime;
  readonly bus: EventBus;
  readonly scheduler: Scheduler;
  readonly channels = new Map<string, Channel>();
  coreUuid: string;
  startedUs: number;
  sessionsSinceStart = 0;
  peak = 0;
  cdrPoster: CdrPoster | undefined;
  recordingFiles: RecordingFiles | undefined;
  /** Runs an API command as a task or a dialplan does; set by the switch that owns this core. */
  api: (line: string, reply: (text: string) => void) => void = (_line, reply) => reply('-ERR no reply\n');
  /** Counts the lives of the process: what an earlier one began does not end in a later one. */
  generation = 0;
  /** A fault may swallow the answer of a finished job. */
  jobFault: ((jobUuid: string, command: string) => boolean) | undefined;
  /** What can be done with channels; set by the switch that composes the flows. */
  declare deeds: Deeds;
  readonly #observers: SwitchObserver[] = [];
  #sequence = 444;

  constructor(
    readonly clock: Clock,
    readonly random: Random,
    readonly settings: SwitchSettings,
    readonly endpoints: Endpoints,
    readonly dialplan: Dialplan,
  ) {
    this.time = new SwitchTime(clock);
    this.bus = new EventBus(clock, random, settings);
    this.coreUuid = random.uuid();
    this.startedUs = this.time.tickUs();
    this.scheduler = new Scheduler(this);
  }

  /** A channel that commands can still reach: one that was hung up cannot be. */
  locate(uuid: string): Channel | undefined {
    const channel = this.channels.get(uuid);
    return channel && !channel.hungUp ? channel : undefined;
  }

  add(channel: Channel): void {
    this.channels.set(channel.uuid, channel);
    this.sessionsSinceStart++;
    this.peak = Math.max(this.peak, this.channels.size);
  }

  observe(observer: SwitchObserver): void {
    this.#observers.push(observer);
  }

  tell(truth: DistributiveOmit<SwitchTruth, 'atUs'>, atUs = this.time.tickUs()): void {
    if (this.#observers.length === 0) return;
    const stamped = { ...truth, atUs } as SwitchTruth;
    for (const observer of this.#observers) observer(stamped);
  }

  /** Takes the next Event-Sequence: one that is never sent leaves a hole, as a dialplan look-up does. */
  nextSequence(): number {
    return ++this.#sequence;
  }

  /** A new process: another identity, and sequences from the start. */
  rebirth(): void {
    this.coreUuid = this.random.uuid();
    this.generation++;
    this.startedUs = this.time.tickUs();
    this.sessionsSinceStart = 0;
    this.peak = 0;
    this.#sequence = 444;
  }

  /** Between 0 and `most` ms: when a thread of the switch gets round to something. */
  jitter(most: number): number {
    return Math.floor(this.random.next() * (most + 1));
  }

  fire(name: EventName, options: FireOptions = {}): void {
    const sequence = options.sequence ?? this.nextSequence();
    if (this.bus.wanted(name, options.subclass)) this.bus.push(this.makeEvent(name, sequence, options));
  }

  makeEvent(name: EventName, sequence: number, options: FireOptions = {}): SwitchEvent {
    const { channel } = options;
    const headers: Header[] = [...(options.prefix ?? []), ...this.commonHeaders(name, options.from ?? CALLING_POINTS[name], sequence, options.atUs), ...(options.before ?? [])];
    if (channel) {
      headers.push(...basicHeaders(channel));
      if (channel.hasProfile) headers.push(...callerHeaders(channel));
      if (!WITHOUT_VARIABLES.has(name)) headers.push(...variableHeaders(channel));
    }
    if (options.after) headers.push(...options.after);
    return new SwitchEvent(name, headers, options.body, channel?.uuid, options.subclass);
  }

  /** What every event begins with. */
  commonHeaders(name: string, [file, fn, line]: CallingPoint, sequence: number, now = this.time.tickUs()): Header[] {
    return [
      ['Event-Name', name],
      ['Core-UUID', this.coreUuid],
      ['FreeSWITCH-Hostname', this.settings.hostname],
      ['FreeSWITCH-Switchname', this.settings.hostname],
      ['FreeSWITCH-IPv4', this.settings.address],
      ['FreeSWITCH-IPv6', '::1'],
      ['Event-Date-Local', stampOf(now)],
      ['Event-Date-GMT', gmtOf(now)],
      ['Event-Date-Timestamp', String(now)],
      ['Event-Calling-File', file],
      ['Event-Calling-Function', fn],
      ['Event-Calling-Line-Number', line],
      ['Event-Sequence', String(sequence)],
    ];
  }

  setRunning(channel: Channel, state: ChannelState): void {
    channel.running = state;
    if (channel.state !== 'CS_HANGUP' && channel.state !== 'CS_REPORTING' && channel.state !== 'CS_DESTROY') channel.state = state;
    this.fire('CHANNEL_STATE', { channel });
  }

  setCallState(channel: Channel, callState: CallState): void {
    const before = channel.callState;
    if (before === callState) return;
    channel.callState = callState;
    this.fire('CHANNEL_CALLSTATE', { channel, before: callStateHeaders(before, callState) });
  }

  /** The profile of a leg that starts now. */
  profile(of: Pick<CallerProfile, 'callerName' | 'callerNumber' | 'destination' | 'source'> & Partial<CallerProfile>): CallerProfile {
    return { originalName: of.callerName, originalNumber: of.callerNumber, ani: of.callerNumber, context: 'default', index: 1, ...of };
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
