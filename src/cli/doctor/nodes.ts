import type { MediaNodeEvent } from '../../telephony/contract/configuration-events.js';
import type { Recorded } from '../../kernel/event.js';
import type { EventStore } from '../../platform/event-store/event-store.port.js';
import type { Report } from './report.js';
import type { LeaseRow } from './work.js';

const PAGE = 1_000;
const CLOCK_LIMIT_MS = 100;
const TYPES: readonly MediaNodeEvent['type'][] = ['MediaNodeRegistered', 'MediaNodeRetired', 'MediaNodeGapOpened', 'MediaNodeGapClosed', 'MediaNodeRestarted', 'MediaNodeClockMeasured'];

interface NodeView {
  retired: boolean;
  gap: { readonly from: string; readonly cause: string } | undefined;
  connected: string | undefined;
  restarts: number;
  offsetMs: number | undefined;
}

/** Each media node as the log tells it. Nothing of what is read here is encrypted. */
const nodesOf = async (store: EventStore): Promise<ReadonlyMap<string, NodeView>> => {
  const nodes = new Map<string, NodeView>();
  for (let after = 0n; ; ) {
    const page = await store.readAll({ after, maxCount: PAGE, filter: { types: TYPES } });
    for (const stored of page) {
      const event = stored as unknown as Recorded<MediaNodeEvent>;
      const node = nodes.get(event.data.nodeId) ?? { retired: false, gap: undefined, connected: undefined, restarts: 0, offsetMs: undefined };
      nodes.set(event.data.nodeId, node);
      if (event.type === 'MediaNodeRetired') node.retired = true;
      else if (event.type === 'MediaNodeGapOpened') node.gap = { from: event.data.from, cause: event.data.cause };
      else if (event.type === 'MediaNodeRestarted') node.restarts += 1;
      else if (event.type === 'MediaNodeClockMeasured') node.offsetMs = event.data.offsetMs;
      else if (event.type === 'MediaNodeGapClosed') {
        node.gap = undefined;
        node.connected = event.data.to;
      }
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return nodes;
    after = last.position;
  }
};

const phaseOf = ({ gap, connected }: NodeView, owned: boolean): string => {
  if (!owned) return 'owned by nobody';
  if (gap !== undefined) return `not connected since ${gap.from} (${gap.cause})`;
  return connected === undefined ? 'never connected' : `connected since ${connected}`;
};

/** Media nodes with phase, owner and the offset of their clocks. `running`: whether any process of Trunkline runs. */
export const tellNodes = async (report: Report, store: EventStore, leases: readonly LeaseRow[], running: boolean): Promise<void> => {
  report.section('Media nodes');
  const nodes = [...(await nodesOf(store))].filter(([, { retired }]) => !retired);
  if (nodes.length === 0) report.fact('registered', 'none; set FREESWITCH_NODES, or POST /v1/nodes');
  for (const [nodeId, node] of nodes) {
    const owner = leases.find(({ name, live }) => live && name === `node/${nodeId}`)?.holder;
    const clock = node.offsetMs === undefined ? 'clock not measured' : `clock ${node.offsetMs >= 0 ? '+' : ''}${node.offsetMs} ms`;
    report.fact(nodeId, `${phaseOf(node, owner !== undefined)}; ${clock}; ${node.restarts} restarts seen${owner === undefined ? '' : `; driven by ${owner}`}`);
    if (node.offsetMs !== undefined && Math.abs(node.offsetMs) > CLOCK_LIMIT_MS) report.problem(`the clock of media node ${nodeId} is ${node.offsetMs} ms off ours`, 'run chrony or ntpd on the node and on this machine');
    if (!running) continue;
    if (owner === undefined) report.problem(`nobody drives media node ${nodeId}`, 'start a process with the role telephony');
    else if (node.gap !== undefined || node.connected === undefined) report.problem(`media node ${nodeId} is not connected`, `look whether FreeSWITCH runs there, its event socket can be reached from here and the password is right; or retire it: DELETE /v1/nodes/${nodeId}`);
  }
};
