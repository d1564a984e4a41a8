import { type Clock, isoTime, type Random, sleep } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { shiftIdOf, streamOf } from '../../kernel/streams.js';
import { CommandDispatcher } from '../../platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../platform/event-store/command-executor.js';
import { EventLog } from '../../platform/event-store/event-log.js';
import { isPassing } from '../../platform/subscriptions/process-commands.js';
import { agentShiftDecider } from '../../routing/agents/domain/agent-shift.decider.js';
import type { AgentDesk, DeskAgent } from '../../simulator/index.js';
import { DECIDERS, eventCatalog } from '../domain.js';
import { keysAway, type Link, linked, linkedStore } from './link.js';
import type { SharedStores } from './stores.js';

export const TENANT = 'acme';

/** How often somebody tries again who was told that the program is away, ms. */
const AGAIN_MS = 2_000;

/** The program's front door, as people use it: commands that are sent again until they are taken or refused. It is a process of its own and does not die. */
export class People {
  private readonly log: EventLog;
  private readonly executor: CommandExecutor;
  private readonly dispatcher: CommandDispatcher;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    stores: SharedStores,
    link: Link,
    alter: (dispatcher: CommandDispatcher) => CommandDispatcher = (dispatcher) => dispatcher,
  ) {
    this.log = new EventLog(linkedStore(stores.log, link), eventCatalog(), linked(stores.keys, link, 'database', { keyFor: true, load: false }, keysAway));
    this.executor = new CommandExecutor(this.log);
    this.dispatcher = alter(new CommandDispatcher(this.executor, DECIDERS));
  }

  /** Throws the refusal of the decider. `correlationId`: what it belongs to. */
  async send(category: string, id: string, type: string, data: unknown, more: { readonly tenantId?: string; readonly correlationId?: string } = {}): Promise<void> {
    const commandId = this.random.uuid();
    const { tenantId = TENANT, correlationId = commandId } = more;
    for (;;) {
      try {
        await this.dispatcher.dispatch(streamOf(category, id), { type, data, meta: { commandId, tenantId, at: isoTime(this.clock.now()), actor: { kind: 'user', id: 'people' }, correlationId, causationId: commandId } });
        return;
      } catch (error) {
        if (!isPassing(error)) throw error;
        await sleep(this.clock, AGAIN_MS);
      }
    }
  }

  /** What agents do at their desks. */
  desk(): AgentDesk {
    const toShift = (agentId: string, type: string, data: unknown): Promise<void> => this.send('agentShift', shiftIdOf(agentId, 1), type, data);
    return {
      signIn: async (agentId) => {
        await this.send('agent', agentId, 'StartShift', {});
        while (!(await this.shiftIs(agentId, 'open'))) await sleep(this.clock, AGAIN_MS);
      },
      makeAvailable: (agentId) => toShift(agentId, 'MakeAvailable', {}),
      pause: (agentId, reason) => toShift(agentId, 'PauseAgent', { reason, force: false }),
      endWrapUp: (agentId) => toShift(agentId, 'EndWrapUp', { segmentId: null, by: 'agent' }),
      signOut: (agentId) => toShift(agentId, 'SignOutAgent', { force: false }),
    };
  }

  /** Queues, numbers, agents and the switch, as an operator sets them up. */
  async setUp(center: { readonly queues: readonly { readonly queueId: string; readonly number: string; readonly settings: object }[]; readonly agents: readonly DeskAgent[]; readonly nodes: readonly ({ readonly name: string } & object)[] }): Promise<void> {
    for (const settings of center.nodes) await this.send('node', settings.name, 'RegisterMediaNode', { nodeId: settings.name, settings }, { tenantId: 'system' });
    for (const { queueId, settings } of center.queues) await this.send('queue', queueId, 'CreateQueue', { queueId, settings });
    for (const { queueId, number } of center.queues) await this.send('number', `n-${queueId}`, 'AssignNumber', { numberId: `n-${queueId}`, number, destination: { kind: 'queue', queueId } });
    for (const [index, { agentId, extension }] of center.agents.entries()) {
      await this.send('agent', agentId, 'CreateAgent', { agentId, settings: { displayName: agentId, deviceUser: extension, address: null } });
      for (const [place, { queueId }] of center.queues.entries()) await this.send('queue', queueId, 'JoinQueue', { agentId, level: index % 2 === place ? 1 : 2, position: index + 1 });
    }
  }

  private async shiftIs(agentId: string, status: string): Promise<boolean> {
    try {
      return (await this.executor.load(agentShiftDecider, streamOf('agentShift', shiftIdOf(agentId, 1)))).state.status === status;
    } catch (error) {
      if (error instanceof DomainError || error instanceof Error) return false;
      throw error;
    }
  }
}
