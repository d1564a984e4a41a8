import { msOf, type Clock, type Random } from '../../kernel/clock.js';
import { streamOf } from '../../kernel/streams.js';
import { CommandExecutor } from '../../platform/event-store/command-executor.js';
import type { EventLog } from '../../platform/event-store/event-log.js';
import { callDecider } from '../../telephony/calls/domain/call.decider.js';
import { MOVED } from '../../telephony/calls/domain/call.state.js';
import { mediaNodeDecider, type MediaNodeState } from '../../telephony/media-nodes/domain/media-node.decider.js';
import type { LiveChannel } from '../../telephony/ports/telephony-gateway.port.js';
import { agoText, type Report } from './report.js';
import { examineSwitch, type SwitchExamination } from './switch-examination.js';
import type { LeaseRow } from './work.js';

const PAGE = 1_000;
const CLOCK_LIMIT_MS = 100;
/** From one event, read when this machine had time: only a rough measure. */
const ROUGH_CLOCK_LIMIT_MS = 1_000;
const GAP_LIMIT_MS = 30_000;
/** The switch's own way out is taken after 10 s. */
const UNCARED_MS = 15_000;

const nodeIds = async ({ store }: EventLog): Promise<string[]> => {
  const ids: string[] = [];
  for (let after = 0n; ; ) {
    const page = await store.readAll({ after, maxCount: PAGE, filter: { types: ['MediaNodeRegistered'] } });
    for (const { data } of page) ids.push((data as { readonly nodeId: string }).nodeId);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return ids;
    after = last.position;
  }
};

const clockText = ({ offsetMs }: MediaNodeState): string => (offsetMs === null ? 'clock not measured yet' : `clock ${offsetMs >= 0 ? '+' : ''}${offsetMs} ms`);

/** Media nodes with owner, gap, the offset of their clocks, and whether each answers. `running`: whether any process of Trunkline runs. */
export const tellNodes = async (report: Report, log: EventLog, leases: readonly LeaseRow[], running: boolean, clock: Clock, random: Random): Promise<void> => {
  report.section('Media nodes');
  const executor = new CommandExecutor(log);
  let told = 0;
  for (const nodeId of await nodeIds(log)) {
    const { state } = await executor.load(mediaNodeDecider, streamOf('node', nodeId));
    if (state.status !== 'active') continue;
    told += 1;
    const owner = leases.find(({ name, live }) => live && name === `node/${nodeId}`)?.holder;
    const gap = state.gap === null ? '' : `; events may be missing since ${state.gap.from} (${agoText(clock.now() - msOf(state.gap.from))})`;
    report.fact(nodeId, `${owner === undefined ? 'driven by nobody' : `driven by ${owner}`}; ${clockText(state)}${gap}`);
    await tellSwitch(report, nodeId, state.settings, executor, clock, random);
    if (state.offsetMs !== null && Math.abs(state.offsetMs) > CLOCK_LIMIT_MS) report.problem('node-clock', `the clock of media node ${nodeId} is ${state.offsetMs} ms off ours`, 'run chrony or ntpd on the node and on this machine');
    if (running && owner === undefined) report.problem('node-without-owner', `nobody drives media node ${nodeId}`, 'start a process with the role telephony');
    if (owner !== undefined && state.gap !== null && clock.now() - msOf(state.gap.from) > GAP_LIMIT_MS) report.problem('gap-open', `events of media node ${nodeId} may be missing since ${state.gap.from}`, `look why its owner ${owner} cannot compare it: media-node-gap and the lines around it in that process’s log`);
  }
  if (told === 0) report.fact('registered', 'none; set FREESWITCH_NODES, or POST /v1/nodes');
};

const tellSwitch = async (report: Report, nodeId: string, settings: MediaNodeState['settings'], executor: CommandExecutor, clock: Clock, random: Random): Promise<void> => {
  if (settings === null || typeof settings === 'string') {
    report.problem('node-settings-unreadable', `the settings of media node ${nodeId} cannot be read`, `put the master key right, or configure the node anew: PUT /v1/nodes/${nodeId}`);
    return;
  }
  const address = `${settings.host}:${settings.port}`;
  let found: SwitchExamination;
  try {
    found = await examineSwitch(settings, clock, random);
  } catch (error) {
    report.problem('node-away', `media node ${nodeId} at ${address} does not answer: ${(error as Error).message}`, `look whether FreeSWITCH runs there, lets this machine in and has this password; or retire it: DELETE /v1/nodes/${nodeId}`);
    return;
  }
  const { version, offsetMs, dialplan, channels } = found;
  report.fact('', `${address}, ${version}`);
  report.fact('', `${channels.length} channels; ${offsetMs === undefined ? 'no event came' : `events come, its clock ${offsetMs >= 0 ? '+' : ''}${offsetMs} ms`}; dialplan ${dialplan === undefined ? 'not told' : dialplan ? 'loaded' : 'missing'}`);
  if (offsetMs === undefined) report.problem('node-events-missing', `media node ${nodeId} answers commands and sends no events`, 'look at event_socket.conf.xml (an ACL or a filter), and whether the switch is overloaded');
  else if (Math.abs(offsetMs) > ROUGH_CLOCK_LIMIT_MS) report.problem('node-clock', `the clock of media node ${nodeId} is about ${offsetMs} ms off this machine's`, 'run chrony or ntpd on the node and on this machine');
  if (dialplan === false) report.problem('dialplan-missing', `media node ${nodeId} has no dialplan context trunkline`, 'copy dialplan/trunkline.xml to conf/dialplan/ and say reloadxml; the configuration page of FreeSWITCH says how');
  await tellParkedCallers(report, nodeId, channels, executor, clock);
};

/** Callers whom the switch keeps waiting though the log knows nothing of them, or believes that they are gone. */
const tellParkedCallers = async (report: Report, nodeId: string, channels: readonly LiveChannel[], executor: CommandExecutor, clock: Clock): Promise<void> => {
  for (const { channelId, direction, parked, createdAt } of channels) {
    const waits = clock.now() - msOf(createdAt);
    if (direction !== 'inbound' || !parked || waits < UNCARED_MS) continue;
    const { state } = await executor.load(callDecider, streamOf('call', channelId));
    if (state.status === 'live' || (state.legs[channelId] !== undefined && state.legs[channelId].end?.cause === MOVED)) continue;
    report.problem('caller-uncared', `a caller waits on media node ${nodeId} for ${agoText(waits)} and ${state.status === 'none' ? 'the log does not know of the call' : 'the log believes that the call is over'} (${channelId})`, `does a process drive the node (above)? Then restart it: it compares the node anew. To send the caller away now: uuid_kill ${channelId} on the switch`);
  }
};
