import type { PersonEvent } from '../../../identity/contract/person-events.js';
import type { Json, Recorded, RecordedEvent } from '../../../kernel/event.js';
import { streamOf } from '../../../kernel/streams.js';
import type { LiveFold } from '../../../platform/subscriptions/live-fold.js';
import type { MediaNodeEvent, MediaNodeSettings } from '../../../telephony/contract/configuration-events.js';
import type { AgentAtDevice, AgentDevices } from '../../../telephony/ports/agent-devices.port.js';
import type { AgentAddresses } from '../../ports/agent-addresses.port.js';
import type { AgentEvent, AgentSettings } from '../domain/agent.events.js';

/** `undefined`: not read yet; `null`: erased. */
type Kept<T> = T | null | undefined;

interface Agent {
  tenantId: string;
  shiftId: string | null;
  retired: boolean;
  settings: Kept<AgentSettings>;
}

interface Node {
  settings: Kept<Pick<MediaNodeSettings, 'deviceAddress' | 'music'>>;
}

type Folded = Recorded<AgentEvent> | Recorded<Extract<PersonEvent, { type: 'PersonalDataErased' }>> | Recorded<Extract<MediaNodeEvent, { type: 'MediaNodeRegistered' | 'MediaNodeConfigured' | 'MediaNodeRetired' }>>;

/** Reads a stream, decrypted. */
export interface StreamReader {
  readStream(stream: string): Promise<readonly RecordedEvent[]>;
}

/**
 * Whose phone a device is, and how a node reaches an agent. Settings of people and nodes are personal or
 * secret and stay out of the snapshot: after `restore`, `hydrate` reads them from the log.
 */
export class AgentDirectory implements LiveFold, AgentDevices, AgentAddresses {
  readonly name = 'agent-directory';
  readonly version = 1;
  readonly eventTypes = ['AgentCreated', 'AgentConfigured', 'AgentRetired', 'AgentShiftStarted', 'AgentShiftEnded', 'MediaNodeRegistered', 'MediaNodeConfigured', 'MediaNodeRetired', 'PersonalDataErased'];
  private readonly agents = new Map<string, Agent>();
  private readonly nodes = new Map<string, Node>();
  /** Agents by the user name of their device; the first one has it. */
  private readonly byDevice = new Map<string, string[]>();

  agentOf(deviceUser: string): AgentAtDevice | undefined {
    const agentId = this.byDevice.get(deviceUser)?.[0];
    const agent = agentId === undefined ? undefined : this.agents.get(agentId);
    return agentId === undefined || agent === undefined ? undefined : { tenantId: agent.tenantId, agentId, shiftId: agent.shiftId };
  }

  addressOf(agentId: string, nodeId: string): string | undefined {
    const settings = this.agents.get(agentId)?.settings;
    if (settings == null) return undefined;
    if (settings.address !== null) return settings.address;
    const deviceAddress = this.nodes.get(nodeId)?.settings?.deviceAddress;
    return settings.deviceUser === null || deviceAddress === undefined ? undefined : deviceAddress.replace('{user}', () => settings.deviceUser ?? '');
  }

  musicOf(nodeId: string): string | null {
    return this.nodes.get(nodeId)?.settings?.music ?? null;
  }

  apply(recorded: RecordedEvent): void {
    const event = recorded as Folded;
    switch (event.type) {
      case 'AgentCreated':
      case 'AgentConfigured': {
        const { agentId, settings } = event.data;
        const agent = this.agents.get(agentId) ?? { tenantId: event.metadata.tenantId, shiftId: null, retired: false, settings: undefined };
        this.agents.set(agentId, agent);
        this.setSettings(agentId, agent, typeof settings === 'object' ? settings : null);
        return;
      }
      case 'AgentRetired': {
        const agent = this.agents.get(event.data.agentId);
        if (agent === undefined) return;
        agent.retired = true;
        this.setSettings(event.data.agentId, agent, null);
        return;
      }
      case 'AgentShiftStarted':
      case 'AgentShiftEnded': {
        const agent = this.agents.get(event.data.agentId);
        if (agent !== undefined) agent.shiftId = event.type === 'AgentShiftStarted' ? event.data.shiftId : null;
        return;
      }
      case 'PersonalDataErased': {
        const agent = this.agents.get(event.data.personId);
        if (agent !== undefined && event.data.kind === 'agent') this.setSettings(event.data.personId, agent, null);
        return;
      }
      case 'MediaNodeRegistered':
      case 'MediaNodeConfigured':
        this.nodes.set(event.data.nodeId, { settings: nodeSettings(event.data.settings) });
        return;
      case 'MediaNodeRetired':
        this.nodes.delete(event.data.nodeId);
        return;
      default:
        event satisfies never;
    }
  }

  snapshot(): Json {
    return {
      agents: [...this.agents].map(([agentId, { tenantId, shiftId, retired }]) => ({ agentId, tenantId, shiftId, retired })),
      nodes: [...this.nodes.keys()],
    };
  }

  restore(state: Json): void {
    const saved = state as unknown as { agents: readonly ({ agentId: string } & Omit<Agent, 'settings'>)[]; nodes: readonly string[] };
    for (const { agentId, ...agent } of saved.agents) this.agents.set(agentId, { ...agent, settings: agent.retired ? null : undefined });
    for (const nodeId of saved.nodes) this.nodes.set(nodeId, { settings: undefined });
  }

  /** Reads what the snapshot left out. What was changed meanwhile is newer and stays. */
  async hydrate(log: StreamReader): Promise<void> {
    for (const [agentId, agent] of this.agents) {
      if (agent.settings !== undefined) continue;
      const settings = lastSettings<AgentSettings>(await log.readStream(streamOf('agent', agentId)));
      if (agent.settings === undefined) this.setSettings(agentId, agent, settings);
    }
    for (const [nodeId, node] of this.nodes) {
      if (node.settings !== undefined) continue;
      const settings = lastSettings<MediaNodeSettings>(await log.readStream(streamOf('node', nodeId)));
      if (node.settings === undefined) node.settings = settings === null ? null : nodeSettings(settings);
    }
  }

  private setSettings(agentId: string, agent: Agent, settings: AgentSettings | null): void {
    const before = agent.settings?.deviceUser;
    const after = settings?.deviceUser;
    agent.settings = settings;
    if (before === after) return;
    if (before != null) {
      const others = (this.byDevice.get(before) ?? []).filter((other) => other !== agentId);
      if (others.length > 0) this.byDevice.set(before, others);
      else this.byDevice.delete(before);
    }
    if (after != null) this.byDevice.set(after, [...(this.byDevice.get(after) ?? []), agentId]);
  }
}

const nodeSettings = (settings: MediaNodeSettings | string): Node['settings'] => (typeof settings === 'object' ? { deviceAddress: settings.deviceAddress, music: settings.music } : null);

/** Settings in the newest event that has them; null where they are erased. */
const lastSettings = <T extends object>(events: readonly RecordedEvent[]): T | null => {
  const last = events.findLast((event) => 'settings' in (event.data as object));
  const settings = (last?.data as { readonly settings?: T | string } | undefined)?.settings;
  return typeof settings === 'object' ? settings : null;
};
