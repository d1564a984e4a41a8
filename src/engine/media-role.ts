import { EffectRunner } from '../platform/effects/effect-runner.js';
import { TimerRunner } from '../platform/effects/timer-runner.js';
import type { ObjectStorage } from '../platform/object-storage/object-storage.port.js';
import { Leased } from '../platform/subscriptions/leased.js';
import { LiveFoldRunner } from '../platform/subscriptions/live-fold-runner.js';
import { ProcessRunner } from '../platform/subscriptions/process-runner.js';
import { CdrSpool } from '../telephony/adapters/freeswitch/cdr-spool.js';
import { JsonCdrReader } from '../telephony/adapters/freeswitch/json-cdr-reader.js';
import { LocalRecordingFiles, type NodesHere } from '../telephony/adapters/host/local-recording-files.js';
import { isThisMachine } from '../telephony/adapters/host/this-machine.js';
import type { RecordingFiles } from '../telephony/ports/recording-files.port.js';
import type { SwitchCdrInbox } from '../telephony/ports/switch-cdr-inbox.port.js';
import { NodeFolders } from '../telephony/recordings/files/node-folders.fold.js';
import { OwnedNodes } from '../telephony/recordings/files/owned-nodes.js';
import { recordingDeeds, type RecordingWork } from '../telephony/recordings/processes/recording-deeds.effect.js';
import { recordingTimers } from '../telephony/recordings/processes/recording.timers.js';
import { recordingsFollowCalls } from '../telephony/recordings/processes/recordings-follow-calls.process.js';
import { recordingsGoWithPersons } from '../telephony/recordings/processes/recordings-go-with-persons.process.js';
import type { Core } from './core.js';
import type { Runners } from './metrics/runners.js';

export interface MediaOptions {
  readonly objects: ObjectStorage;
  /** Where CDRs go that are collected; its place is made when there are any to collect. */
  readonly inbox: SwitchCdrInbox & { migrate(): Promise<void> };
  /** Names of the nodes whose files are on this machine; undefined: those whose host is this machine. */
  readonly mediaNodes: readonly string[] | undefined;
  /** Where the switch of this machine spools CDRs; undefined: none are collected. */
  readonly cdrSpool: string | undefined;
  /** How the files of nodes are reached; left out: on this machine. */
  readonly files?: (nodes: NodesHere) => RecordingFiles;
}

/**
 * Looks after files on the host of a FreeSWITCH: recordings go into the object storage, spooled CDRs
 * to their calls. It runs on each such host, and needs neither the switch's event socket nor Redis.
 */
export class MediaRole {
  readonly effects: EffectRunner<RecordingWork>;
  readonly nodes: OwnedNodes;
  private readonly folds: LiveFoldRunner;
  private readonly processes: Leased<ProcessRunner>;
  private readonly timers: Leased<TimerRunner>;
  private readonly spool: CdrSpool | undefined;

  constructor(
    private readonly core: Core,
    private readonly options: MediaOptions,
  ) {
    const { objects, inbox, mediaNodes, cdrSpool, files: filesOf = (nodes: NodesHere): RecordingFiles => new LocalRecordingFiles(nodes) } = options;
    const { log, logId, dispatcher, clock, alarms, reader, snapshots, leases, holder } = core;
    const folders = new NodeFolders();
    const leased = { leases, clock, alarms, holder, askEveryMs: core.askEveryMs };
    this.nodes = new OwnedNodes(folders, ({ nodeId, host }) => (mediaNodes === undefined ? isThisMachine(host) : mediaNodes.includes(nodeId)), leased);
    const files = filesOf({ isOurs: (nodeId) => this.nodes.isOurs(nodeId), folderOf: (nodeId) => folders.get(nodeId)?.recordingsFolder });
    this.effects = new EffectRunner(recordingDeeds({ files, objects, alarms }), { log, dispatcher, clock, alarms, holder });
    this.folds = new LiveFoldRunner({ reader, logId, alarms, clock, snapshots }, [folders, this.effects], { name: 'media' });
    this.folds.onApplied((events) => {
      if (events.some(({ type }) => folders.eventTypes.includes(type))) void this.nodes.follow();
    });
    this.processes = new Leased('processes/recordings', leased, async (lease) => {
      const runner = new ProcessRunner({ reader, log, dispatcher, clock, alarms, checkpoints: core.checkpoints, parked: core.parked }, [recordingsFollowCalls, recordingsGoWithPersons], { name: 'processes/recordings', lease });
      await runner.start();
      return runner;
    });
    this.timers = new Leased('timers/recordings', leased, async (lease) => {
      const runner = new TimerRunner({ reader, logId, store: core.timers, dispatcher, clock, alarms }, [recordingTimers], { name: 'timers/recordings', lease });
      await runner.start();
      return runner;
    });
    this.spool = cdrSpool === undefined ? undefined : new CdrSpool({ folder: cdrSpool, reader: new JsonCdrReader(), inbox, clock, alarms });
  }

  /** What runs here under a lease now. */
  get runners(): Pick<Runners, 'processes' | 'timers'> {
    const [processes, timers] = [this.processes.current, this.timers.current];
    return { processes: processes === undefined ? [] : [{ name: 'processes/recordings', runner: processes }], timers: timers === undefined ? [] : [{ name: 'timers/recordings', runner: timers }] };
  }

  async start(): Promise<void> {
    await this.folds.start();
    await this.folds.caughtUp();
    await Promise.all([this.nodes.start(), this.processes.start(), this.timers.start()]);
    this.effects.start();
    if (this.spool !== undefined) {
      await this.options.inbox.migrate();
      this.spool.start();
    }
  }

  /** Waits for what is under way; what is not finished is found again at the next start. */
  async stop(): Promise<void> {
    await this.spool?.stop();
    await Promise.all([this.processes.stop(), this.timers.stop()]);
    await this.effects.stop();
    await this.nodes.stop();
    await this.folds.stop();
  }
}
