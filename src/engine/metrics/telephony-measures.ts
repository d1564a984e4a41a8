import { type Clock, msOf } from '../../kernel/clock.js';
import { counter, gauge, type Measure, oncePerScrape, type Sample } from '../../platform/observability/measures.js';
import type { TelephonyRole } from '../telephony-role.js';

/** Queues told one by one; a center with more of them has the totals, and its boards. */
const MOST_QUEUES = 200;

/** Media nodes that this process owns. */
export const nodeMeasures = ({ sessions, legs, ...role }: Pick<TelephonyRole, 'sessions' | 'legs'> & { readonly watched: TelephonyRole['watched'] }, clock: Clock): Measure[] => {
  type Status = ReturnType<typeof sessions.status>[number]['status'];
  const secondsSince = (ms: number): number => Math.max(0, clock.now() - ms) / 1000;
  const ofSession = (figure: (status: Status) => number | undefined) => (): Sample[] =>
    sessions.status().flatMap(({ nodeId, status }): Sample[] => {
      const value = figure(status);
      return value === undefined ? [] : [[value, nodeId]];
    });
  const ofWatch = (figure: (figures: ReturnType<typeof role.watched>[number]['figures']) => number) => (): Sample[] => role.watched().map(({ nodeId, figures }) => [figure(figures), nodeId]);
  return [
    gauge('trunkline_node_ready', '1 where the media node is connected and compared, so that calls on it can be driven', ['node'], ofSession(({ phase }) => (phase === 'ready' ? 1 : 0))),
    gauge('trunkline_node_gap_open_seconds', 'Since when events of the node may be missing; 0 where none are', ['node'], ofWatch(({ gapFrom }) => (gapFrom === undefined ? 0 : secondsSince(msOf(gapFrom))))),
    counter('trunkline_node_gaps_total', 'Gaps that were opened', ['node'], ofWatch(({ gaps }) => gaps)),
    counter('trunkline_node_ends_inferred_total', 'Legs that were found to be gone without a word', ['node'], ofWatch(({ endsInferred }) => endsInferred)),
    counter('trunkline_node_callers_admitted_total', 'Callers who had come while nobody listened', ['node'], ofWatch(({ callersAdmitted }) => callersAdmitted)),
    gauge('trunkline_node_heartbeat_age_seconds', 'Time since the last heartbeat', ['node'], ofSession(({ phase, heartbeatAt }) => (phase === 'down' || heartbeatAt === undefined ? undefined : secondsSince(heartbeatAt)))),
    gauge('trunkline_node_clock_offset_seconds', 'The clock of the node minus ours', ['node'], ofSession(({ clockOffsetMs }) => (clockOffsetMs === undefined ? undefined : clockOffsetMs / 1000))),
    counter('trunkline_node_events_total', 'Events that came from the node', ['node'], ofSession(({ events }) => events)),
    counter('trunkline_node_events_unusable_total', 'Events that lacked what they need', ['node', 'event'], () => sessions.status().flatMap(({ nodeId, status }) => Object.entries(status.unusable).map(([event, count]): Sample => [count, nodeId, event]))),
    counter('trunkline_node_connections_total', 'Connections that were made', ['node'], ofSession(({ connects }) => connects)),
    counter('trunkline_node_connections_lost_total', 'Connections that were lost', ['node'], ofSession(({ losses }) => losses)),
    counter('trunkline_node_connection_failures_total', 'Connections that could not be made', ['node'], ofSession(({ failedDials }) => failedDials)),
    gauge('trunkline_node_legs', 'Legs that are believed to live on the node, whoever owns it', ['node'], () => [...legs.countByNode()].map(([node, count]) => [count, node])),
  ];
};

/** Calls, queues and agents, as the log tells them: every process with the role telephony says the same. */
export const callMeasures = ({ legs, routing }: Pick<TelephonyRole, 'legs' | 'routing'>, clock: Clock): Measure[] => {
  const waited = (since: string | undefined): number => (since === undefined ? 0 : Math.max(0, clock.now() - msOf(since)) / 1000);
  const all = oncePerScrape(() => routing.figures());
  const told = () => {
    const queues = all();
    return queues.length > MOST_QUEUES ? [] : queues;
  };
  return [
    gauge('trunkline_calls_live', 'Calls that go on', [], () => [[legs.calls]]),
    gauge('trunkline_callers_waiting', 'Callers in all queues', [], () => [[all().reduce((sum, { callers }) => sum + callers, 0)]]),
    gauge('trunkline_caller_longest_wait_seconds', 'For how long the caller waits who waits longest', [], () => [[Math.max(0, ...all().map(({ longestSince }) => waited(longestSince)))]]),
    gauge('trunkline_queue_callers_waiting', `Callers in a queue; left out where there are more than ${MOST_QUEUES} queues`, ['tenant', 'queue'], () => told().map(({ tenantId, queueId, callers }) => [callers, tenantId, queueId])),
    gauge('trunkline_queue_longest_wait_seconds', `For how long the caller of a queue waits who waits longest; left out where there are more than ${MOST_QUEUES} queues`, ['tenant', 'queue'], () => told().map(({ tenantId, queueId, longestSince }) => [waited(longestSince), tenantId, queueId])),
    gauge('trunkline_queue_agents', `Members of a queue who are signed in, by what they do; left out where there are more than ${MOST_QUEUES} queues`, ['tenant', 'queue', 'state'], () => told().flatMap(({ tenantId, queueId, agents }) => [...agents].map(([state, count]): Sample => [count, tenantId, queueId, state]))),
  ];
};
