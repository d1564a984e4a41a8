import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DECIDERS, eventCatalog } from '../../src/engine/domain.js';
import { type Clock, isoTime } from '../../src/kernel/clock.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { EffectRunner } from '../../src/platform/effects/effect-runner.js';
import { InMemoryTimerStore } from '../../src/platform/effects/in-memory-timer-store.js';
import { TimerRunner } from '../../src/platform/effects/timer-runner.js';
import { CommandDispatcher } from '../../src/platform/event-store/command-dispatcher.js';
import { CommandExecutor, type CommandResult } from '../../src/platform/event-store/command-executor.js';
import { deterministicId } from '../../src/platform/event-store/deterministic-ids.js';
import { EventLog } from '../../src/platform/event-store/event-log.js';
import { InMemoryEventStore } from '../../src/platform/event-store/in-memory/in-memory.event-store.js';
import type { ObjectStorage } from '../../src/platform/object-storage/object-storage.port.js';
import { AlarmCounter } from '../../src/platform/observability/alarms.port.js';
import { InMemorySubjectKeys } from '../../src/platform/privacy/in-memory-subject-keys.js';
import { LiveFoldRunner } from '../../src/platform/subscriptions/live-fold-runner.js';
import { Reader } from '../../src/platform/subscriptions/reader.js';
import { LocalRecordingFiles } from '../../src/telephony/adapters/host/local-recording-files.js';
import { recordingDeeds } from '../../src/telephony/recordings/processes/recording-deeds.effect.js';
import { recordingTimers } from '../../src/telephony/recordings/processes/recording.timers.js';
import { ManualClock, settle } from './manual-clock.js';

/** A media process that looks after recordings; several share the log. */
export interface MediaProcess {
  readonly alarms: AlarmCounter;
  readonly effects: { readonly openEffects: number };
  /** From now on nothing of it reaches the log, and it hears of nothing. */
  kill(): Promise<void>;
}

export interface MediaProcessOptions {
  /** Nodes whose files are its own. */
  readonly nodes?: readonly string[];
  readonly timers?: boolean;
}

/** Recordings without calls: real decider, effects and timers, real files, on a clock that the test moves. */
export class RecordingDesk {
  readonly clock = new ManualClock();
  readonly folder = mkdtempSync(join(tmpdir(), 'trunkline-desk-'));
  readonly recordings = join(this.folder, 'recordings');
  private readonly store = new InMemoryEventStore({ clock: this.clock, logId: 'desk' });
  private readonly timers = new InMemoryTimerStore();
  private readonly keys = new InMemorySubjectKeys();
  private readonly processes: MediaProcess[] = [];
  private commands = 0;

  constructor() {
    mkdirSync(this.recordings);
  }

  async boot(objects: ObjectStorage, { nodes = ['fs1'], timers: withTimers = true }: MediaProcessOptions = {}): Promise<MediaProcess> {
    let alive = true;
    // What is dead has no timers.
    const clock: Clock = { now: () => this.clock.now(), after: (ms, task) => this.clock.after(ms, () => void (alive && task())) };
    const log = new EventLog(this.store, eventCatalog(), this.keys);
    const alarms = new AlarmCounter();
    const reader = new Reader(log, clock, alarms);
    await reader.start();
    const real = new CommandDispatcher(new CommandExecutor(log), DECIDERS);
    const dispatcher = { dispatch: (...args: Parameters<CommandDispatcher['dispatch']>) => (alive ? real.dispatch(...args) : new Promise<CommandResult>(() => undefined)) } as unknown as CommandDispatcher;
    const files = new LocalRecordingFiles({ isOurs: (nodeId) => alive && nodes.includes(nodeId), folderOf: (nodeId) => (nodeId === 'fs1' ? this.recordings : undefined) });
    const effects = new EffectRunner(recordingDeeds({ files, objects, alarms }), { log, dispatcher, clock, alarms, holder: 'desk' });
    const folds = new LiveFoldRunner({ reader, logId: 'desk', alarms, clock }, [effects], { name: 'media' });
    const timers = new TimerRunner({ reader, logId: 'desk', store: this.timers, dispatcher, clock, alarms }, [recordingTimers], { name: 'timers/recordings' });
    await folds.start();
    if (withTimers) await timers.start();
    await folds.caughtUp();
    effects.start();
    const process: MediaProcess = {
      alarms, effects,
      kill: async () => {
        alive = false;
        this.processes.splice(this.processes.indexOf(process), 1);
        await reader.stop();
      },
    };
    this.processes.push(process);
    return process;
  }

  send(recordingId: string, type: string, data: unknown = {}): Promise<CommandResult> {
    this.commands += 1;
    const commandId = deterministicId('desk', this.commands);
    const dispatcher = new CommandDispatcher(new CommandExecutor(new EventLog(this.store, eventCatalog(), this.keys)), DECIDERS);
    const meta = { commandId, tenantId: 'acme', at: isoTime(this.clock.now()), actor: { kind: 'system' as const, id: 'test' }, correlationId: recordingId, causationId: commandId };
    return dispatcher.dispatch(`recording-${recordingId}`, { type, data, meta });
  }

  /** A recording that is over. `content` undefined: without a file. */
  async record(recordingId: string, content: Buffer | undefined, path = join(this.recordings, `${recordingId}.wav`), nodeId = 'fs1'): Promise<void> {
    if (content !== undefined) writeFileSync(path, content);
    await this.send(recordingId, 'CompleteRecording', { recordingId, callId: 'c', legId: 'c', nodeId, path, stoppedAt: isoTime(this.clock.now()), durationMs: 1_000 });
  }

  events(recordingId: string): Promise<RecordedEvent[]> {
    return new EventLog(this.store, eventCatalog(), this.keys).readStream(`recording-${recordingId}`);
  }

  async types(recordingId: string): Promise<string[]> {
    return (await this.events(recordingId)).map(({ type, data }) => {
      const { deed, reason } = data as { deed?: string; reason?: string };
      return `${type.replace(/^Recording/, '')}${deed === undefined ? '' : `:${deed}`}${reason === undefined ? '' : `:${reason}`}`;
    });
  }

  /** Waits, a moment of the clock at a time, until the recording has so many events. */
  async until(recordingId: string, count: number): Promise<string[]> {
    for (let rounds = 0; rounds < 5_000; rounds += 1) {
      const types = await this.types(recordingId);
      if (types.length >= count) return types;
      await settle();
      if (rounds % 20 === 19) await this.clock.advance(200);
    }
    throw new Error(`${recordingId} has only ${(await this.types(recordingId)).join(', ')}`);
  }

  async close(): Promise<void> {
    for (const process of [...this.processes]) await process.kill();
    await this.store.close();
    rmSync(this.folder, { recursive: true });
  }
}
