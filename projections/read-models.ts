import type { Projection } from '../src/platform/subscriptions/projection.js';
import { agentBoard } from './agent-board/agent-board.projection.js';
import { callHistory } from './call-history/call-history.projection.js';
import { configuration } from './configuration/configuration.projection.js';
import { liveCalls } from './live-calls/live-calls.projection.js';
import { mediaNodeGaps } from './media-node-gaps/media-node-gaps.projection.js';
import { recordings } from './recordings/recordings.projection.js';
import { queueStatistics } from './queue-statistics/queue-statistics.projection.js';
import { stateHistory } from './state-history/state-history.projection.js';

/** Every read model; each can be thrown away and rebuilt from the log. */
export const readModels: readonly Projection[] = [liveCalls, callHistory, agentBoard, queueStatistics, stateHistory, configuration, mediaNodeGaps, recordings];
