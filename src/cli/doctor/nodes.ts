import { msOf, type Clock } from '../../kernel/clock.js';
import { streamOf } from '../../kernel/streams.js';
import { CommandExecutor } from '../../platform/event-store/command-executor.js';
import type { EventLog } from '../../platform/event-store/event-log.js';
import { connectEsl } from '../../telephony/adapters/freeswitch/esl-client.js';
import { mediaNodeDecider, type MediaNodeState } from '../../telephony/media-nodes/domain/media-node.decider.js';
import type { MediaNodeSettings } from '../../telephony/contract/configuration-events.js';
import { agoText, type Report } from './report.js';
import type { LeaseRow } from './work.js';

const PAGE = 1_000;
const CLOCK_LIMIT_MS = 100;
const DIAL_MS = 5_000;

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

/** Asks the switch itself, on a connection that is closed again. Throws what the switch or the network said. */
const versionOf = async ({ host, port, password }: MediaNodeSettings): Promise<string> => {
  const client = await connectEsl({ host, port, password, connectTimeoutMs: DIAL_MS, replyTimeoutMs: DIAL_MS });
  client.onDisconnect(() => undefined);
  try {
    return (await client.api('version')).split('\n')[0] ?? '';
  } finally {
    await client.close();
  }
};

const clockText = ({ offsetMs }: MediaNodeState): string => (offsetMs === null ? 'clock not measured yet' : `clock ${offsetMs >= 0 ? '+' : ''}${offsetMs} ms`);

/** Media nodes with owner, gap, the offset of their clocks, and whether each answers. `running`: whether any process of Trunkline runs. */
export const tellNodes = async (report: Report, log: EventLog, leases: readonly LeaseRow[], running: boolean, clock: Clock): Promise<void> => {
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
    await tellReachability(report, nodeId, state.settings);
    if (state.offsetMs !== null && Math.abs(state.offsetMs) > CLOCK_LIMIT_MS) report.problem(`the clock of media node ${nodeId} is ${state.offsetMs} ms off ours`, 'run chrony or ntpd on the node and on this machine');
    if (running && owner === undefined) report.problem(`nobody drives media node ${nodeId}`, 'start a process with the role telephony');
  }
  if (told === 0) report.fact('registered', 'none; set FREESWITCH_NODES, or POST /v1/nodes');
};

const tellReachability = async (report: Report, nodeId: string, settings: MediaNodeState['settings']): Promise<void> => {
  if (settings === null || typeof settings === 'string') {
    report.problem(`the settings of media node ${nodeId} cannot be read`, `put the master key right, or configure the node anew: PUT /v1/nodes/${nodeId}`);
    return;
  }
  try {
    report.fact('', `${settings.host}:${settings.port}, ${await versionOf(settings)}`);
  } catch (error) {
    report.problem(`media node ${nodeId} at ${settings.host}:${settings.port} does not answer: ${(error as Error).message}`, `look whether FreeSWITCH runs there, lets this machine in and has this password; or retire it: DELETE /v1/nodes/${nodeId}`);
  }
};
