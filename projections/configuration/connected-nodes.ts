import { SYSTEM_TENANT } from '../../src/kernel/tenants.js';
import type { ConfigurationQueries } from './configuration.queries.js';

const MOST_NODES = 1_000;

/** The first media node that some process is connected with and has compared; undefined where there is none. */
export const connectedNode = async (configuration: Pick<ConfigurationQueries, 'nodes'>): Promise<{ readonly nodeId: string; readonly trunkAddress: string } | undefined> => {
  const { items } = await configuration.nodes(SYSTEM_TENANT, { status: 'active' }, { limit: MOST_NODES, cursor: undefined });
  for (const { nodeId, settings, gap, switchSessionId } of items) {
    if (gap === null && switchSessionId !== null && settings !== null) return { nodeId, trunkAddress: settings.trunkAddress };
  }
  return undefined;
};
