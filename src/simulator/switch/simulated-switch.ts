import type { Clock, Random, Timer } from '../../kernel/clock.js';
import type { CdrPoster } from './cdr-poster.port.js';
import type { Channel } from './channel.js';
import { runApi } from './commands/run-api.js';
import { DEFAULT_SETTINGS, SwitchCore, type SwitchSettings } from './core.js';
import type { InboundCall } from './deeds.js';
import { composeDeeds } from './compose-deeds.js';
import { trunklineDialplan, type Dialplan } from './dialplan.js';
import type { ByteStream } from './esl/byte-stream.port.js';
import { EslSession } from './esl/esl-session.js';
import type { Endpoints, FarEnd, Line } from './far-end.js';
import { placeCall } from './flows/inbound.js';
import type { RecordingFiles } from './recording-files.port.js';
import type { SwitchObserver } from './observer.js';
import { uptimeOf } from './switch-time.js';

export interface SimulatedSwitchOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly endpoints: Endpoints;
  readonly dialplan?: Dialplan;
  readonly settings?: Partial<SwitchSettings>;
  readonly cdrPoster?: CdrPoster;
  /** Without it recordings are told of, but leave no files. */
  readonly recordingFiles?: RecordingFiles;
}

/**
 * A FreeSWITCH stand-in: channels, their events, the event socket's protocol and the API commands,
 * in the orders that a real 1.10.12 was recorded with. It knows no socket: connections are byte
 * streams given to `accept`. All time and chance come from its ports, so that a seed repeats a run.
 */
export class SimulatedSwitch {
  readonly core: SwitchCore;
  readonly #sessions = new Set<EslSession>();
  #heartbeat: Timer | undefined;
  #beats = 0;
  #rejecting = false;
  /** Whether new connections are taken at all. */
  accepting = true;

  constructor(options: SimulatedSwitchOptions) {
    const settings = { ...DEFAULT_SETTINGS, ...options.settings };
    this.core = new SwitchCore(options.clock, options.random, settings, options.endpoints, options.dialplan ?? trunklineDialplan());
    this.core.cdrPoster = options.cdrPoster;
    this.core.recordingFiles = options.recordingFiles;
    this.core.deeds = composeDeeds(this.core);
    this.core.api = (line, reply) => runApi(this.core, line, reply);
    this.startHeartbeat();
  }

  /** An event-socket connection has been made. */
  accept(stream: ByteStream): void {
    if (!this.accepting) {
      stream.destroy();
      return;
    }
    const session = new EslSession(this.core, stream, (ended) => this.#sessions.delete(ended));
    if (this.#rejecting) {
      session.reject();
      return;
    }
    this.#sessions.add(session);
    session.start();
  }

  /** A call comes in; its telephone is at the far end of the line returned. */
  placeCall(call: InboundCall, farEnd: FarEnd): Line {
    return this.core.deeds.lineOf(placeCall(this.core, call, farEnd));
  }

  /** Hears what truly happens. */
  observe(observer: SwitchObserver): void {
    this.core.observe(observer);
  }

  get channels(): ReadonlyMap<string, Channel> {
    return this.core.channels;
  }

  get sessions(): ReadonlySet<EslSession> {
    return this.#sessions;
  }

  /** Whether new connections get a rude rejection, as from outside of the ACL. */
  set rejecting(value: boolean) {
    this.#rejecting = value;
  }

  startHeartbeat(): void {
    if (this.#heartbeat) return;
    const beat = (): void => {
      this.#heartbeat = this.core.clock.after(this.core.settings.heartbeatMs, beat);
      this.#beat();
    };
    this.#heartbeat = this.core.clock.after(this.core.settings.heartbeatMs, beat);
  }

  stopHeartbeat(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
  }

  /** Says goodbye to every client and stops all timers of its own. Channels are left as they are. */
  stop(): void {
    this.stopHeartbeat();
    this.core.scheduler.clear();
    for (const session of [...this.#sessions]) session.disconnect('The system is being shut down.\n');
  }

  /** An orderly end: every channel is hung up and reported, clients get a notice; then `over`. */
  shutDown(over: () => void): void {
    const { core } = this;
    this.stopHeartbeat();
    core.scheduler.clear();
    for (const channel of [...core.channels.values()]) core.deeds.hangUp(channel, 'SYSTEM_SHUTDOWN', { by: 'switch' });
    core.fire('SHUTDOWN', { after: [['Event-Info', 'System Shutting Down']] });
    core.clock.after(200, () => {
      core.bus.flush();
      for (const session of [...this.#sessions]) session.disconnect('The system is being shut down.\n');
      over();
    });
  }

  /** The process is gone: channels, tasks, jobs and events on their way end without a word. */
  crash(): void {
    const { core } = this;
    this.stopHeartbeat();
    core.scheduler.clear();
    for (const session of [...this.#sessions]) session.cut();
    core.bus.drop();
    for (const channel of [...core.channels.values()]) {
      core.channels.delete(channel.uuid);
      channel.thread.clear();
      for (const running of channel.apps.splice(0)) running.release?.();
      channel.bridge = undefined;
      if (channel.reported) continue;
      const alreadyEnding = channel.hungUp;
      channel.cause ??= 'SYSTEM_SHUTDOWN';
      core.tell({ what: 'vanished', channelId: channel.uuid });
      channel.farEnd.ended?.(core.deeds.lineOf(channel), { cause: channel.cause, byFarEnd: alreadyEnding && channel.endedBy === 'far-end' });
    }
    core.rebirth();
  }

  /** The new process is up. */
  revive(): void {
    this.startHeartbeat();
  }

  #beat(): void {
    const { core } = this;
    const up = core.time.tickUs() - core.startedUs;
    core.fire('HEARTBEAT', {
      after: [
        ['Event-Info', 'System Ready'],
        ['Up-Time', uptimeOf(up)],
        ['FreeSWITCH-Version', '1.10.12-release~64bit'],
        ['Uptime-msec', String(Math.floor(up / 1000))],
        ['Session-Count', String(core.channels.size)],
        ['Max-Sessions', '5000'],
        ['Session-Per-Sec', '1000'],
        ['Session-Per-Sec-Last', '0'],
        ['Session-Per-Sec-Max', '1'],
        ['Session-Per-Sec-FiveMin', '1'],
        ['Session-Since-Startup', String(core.sessionsSinceStart)],
        ['Session-Peak-Max', String(core.peak)],
        ['Session-Peak-FiveMin', String(core.peak)],
        ['Idle-CPU', '97.930000'],
      ],
    });
    const every = Math.max(1, Math.round(60_000 / core.settings.heartbeatMs));
    this.#reschedule('1', 'heartbeat', core.settings.heartbeatMs);
    if (this.#beats++ % every === 0) this.#reschedule('2', 'check_ip', 60_000);
  }

  #reschedule(id: string, description: string, ms: number): void {
    const runtime = Math.floor((this.core.time.nowMs() + ms) / 1000);
    this.core.fire('RE_SCHEDULE', { after: [['Task-ID', id], ['Task-Desc', description], ['Task-Group', 'core'], ['Task-Runtime', String(runtime)]] });
  }
}

