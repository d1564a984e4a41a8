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
  /** The settings as the log keeps them; null: erased, or retired. */
  sealed: string | null;
  settings: Kept<AgentSettings>;
}

interface Node {
  sealed: string | null;
  settings: Kept<Pick<MediaNodeSettings, 'deviceAddress' | 'music'>>;
}

type Folded = Recorded<AgentEvent> | Recorded<Extract<PersonEvent, { type: 'PersonalDataErased' }>> | Recorded<Extract<MediaNodeEvent, { type: 'MediaNodeRegistered' | 'MediaNodeConfigured' | 'MediaNodeRetired' }>>;

/** Opens sealed texts in rows; each row's come from one stream. */
export interface SealedOpener {
  open<T extends object>(rows: readonly T[], streamOf: (row: T) => string): Promise<T[]>;
}

/** A start with thousands of agents asks for their keys in so large parts. */
const OPENED_AT_ONCE = 1_000;

/**
 * Whose phone a device is, and how a node reaches an agent. Settings of people and nodes are personal or
 * secret; the snapshot has them sealed, as the log has them: after `restore`, `hydrate` opens them.
 */
export class AgentDirectory implements LiveFold, AgentDevices, AgentAddresses {
  readonly name = 'agent-directory';
  readonly version = 2;
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
        const agent = this.agents.get(agentId) ?? { tenantId: event.metadata.tenantId, shiftId: null, retired: false, sealed: null, settings: undefined };
        this.agents.set(agentId, agent);
        agent.sealed = event.sealed?.['settings'] ?? null;
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
        this.nodes.set(event.data.nodeId, { sealed: event.sealed?.['settings'] ?? null, settings: nodeSettings(event.data.settings) });
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
      agents: [...this.agents].map(([agentId, { tenantId, shiftId, retired, sealed }]) => ({ agentId, tenantId, shiftId, retired, sealed })),
      nodes: [...this.nodes].map(([nodeId, { sealed }]) => ({ nodeId, sealed })),
    };
  }

  restore(state: Json): void {
    const saved = state as unknown as { agents: readonly ({ agentId: string } & Omit<Agent, 'settings'>)[]; nodes: readonly { nodeId: string; sealed: string | null }[] };
    for (const { agentId, ...agent } of saved.agents) this.agents.set(agentId, { ...agent, settings: agent.sealed === null ? null : undefined });
    for (const { nodeId, sealed } of saved.nodes) this.nodes.set(nodeId, { sealed, settings: sealed === null ? null : undefined });
  }

  /** Opens what a restored snapshot keeps sealed. What was changed meanwhile is newer and stays. */
  async hydrate(sealed: SealedOpener): Promise<void> {
    const closed = [
      ...[...this.agents].map(([agentId, { sealed: settings }]) => ({ category: 'agent', id: agentId, settings: settings as unknown, of: this.agents.get(agentId) })),
      ...[...this.nodes].map(([nodeId, { sealed: settings }]) => ({ category: 'node', id: nodeId, settings: settings as unknown, of: this.nodes.get(nodeId) })),
    ].filter(({ of }) => of?.settings === undefined);
    for (let start = 0; start < closed.length; start += OPENED_AT_ONCE) {
      const page = closed.slice(start, start + OPENED_AT_ONCE);
      const opened = await sealed.open(page.map(({ category, id, settings }) => ({ category, id, settings })), ({ category, id }) => streamOf(category, id));
      for (const { category, id, settings } of opened) {
        const known = typeof settings === 'object' && settings !== null;
        const agent = category === 'agent' ? this.agents.get(id) : undefined;
        const node = category === 'node' ? this.nodes.get(id) : undefined;
        if (agent !== undefined && agent.settings === undefined) this.setSettings(id, agent, known ? (settings as AgentSettings) : null);
        if (node !== undefined && node.settings === undefined) node.settings = known ? nodeSettings(settings as MediaNodeSettings) : null;
      }
    }
  }

  private setSettings(agentId: string, agent: Agent, settings: AgentSettings | null): void {
    const before = agent.settings?.deviceUser;
    const after = settings?.deviceUser;
    agent.settings = settings;
    if (settings === null) agent.sealed = null;
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
