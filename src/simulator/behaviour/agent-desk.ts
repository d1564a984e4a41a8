import type { Clock, Random, Timer } from '../../kernel/clock.js';
import { chance, drawSpan } from './chance.js';
import type { BehaviourMix } from './mix.js';

/** What an agent does at the desk, through whatever the engine offers for it. Rejections are reported, not thrown. */
export interface AgentDesk {
  signIn(agentId: string): Promise<void>;
  makeAvailable(agentId: string): Promise<void>;
  pause(agentId: string, reason: string): Promise<void>;
  endWrapUp(agentId: string): Promise<void>;
  signOut(agentId: string): Promise<void>;
}

export interface DeskAgent {
  readonly agentId: string;
  readonly extension: string;
}

export interface AgentDesksOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly desk: AgentDesk;
  readonly agents: readonly DeskAgent[];
  readonly mix: BehaviourMix;
  readonly speed: number;
  /** Something that the engine refused: an agent who wanted to pause was just reserved, say. */
  readonly onRefused?: (agentId: string, deed: keyof AgentDesk, error: unknown) => void;
}

/** Agents at work: they sign in, take calls, pause now and then, and end a wrap-up early. */
export class AgentDesks {
  readonly #timers = new Set<Timer>();
  readonly #byExtension: ReadonlyMap<string, DeskAgent>;
  #open = false;

  constructor(private readonly options: AgentDesksOptions) {
    this.#byExtension = new Map(options.agents.map((agent) => [agent.extension, agent]));
  }

  /** Signs every agent in and makes them available; resolves when all were asked. */
  async open(): Promise<void> {
    this.#open = true;
    for (const { agentId } of this.options.agents) {
      await this.#try(agentId, 'signIn', (desk) => desk.signIn(agentId));
      await this.#try(agentId, 'makeAvailable', (desk) => desk.makeAvailable(agentId));
      this.#plan(agentId);
    }
  }

  /** Signs every agent out. */
  async close(): Promise<void> {
    this.stop();
    for (const { agentId } of this.options.agents) await this.#try(agentId, 'signOut', (desk) => desk.signOut(agentId));
  }

  /** No more deeds of their own. */
  stop(): void {
    this.#open = false;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** The agent's telephone was hung up after a contact. */
  contactOver(extension: string): void {
    const { random, mix, speed } = this.options;
    const agent = this.#byExtension.get(extension);
    if (!agent || !this.#open || !chance(random, mix.endsWrapUpEarly)) return;
    this.#later(drawSpan(random, mix.wrapUp) / speed, () => this.#try(agent.agentId, 'endWrapUp', (desk) => desk.endWrapUp(agent.agentId)));
  }

  #plan(agentId: string): void {
    const { random, mix, speed } = this.options;
    this.#later(drawSpan(random, mix.pauseEvery) / speed, async () => {
      const paused = await this.#try(agentId, 'pause', (desk) => desk.pause(agentId, 'break'));
      if (!paused) {
        this.#plan(agentId);
        return;
      }
      this.#later(drawSpan(random, mix.pauseFor) / speed, async () => {
        await this.#try(agentId, 'makeAvailable', (desk) => desk.makeAvailable(agentId));
        this.#plan(agentId);
      });
    });
  }

  #later(ms: number, deed: () => Promise<unknown>): void {
    if (!this.#open) return;
    const timer = this.options.clock.after(Math.min(ms, 2 ** 31 - 1), () => {
      this.#timers.delete(timer);
      if (this.#open) void deed();
    });
    this.#timers.add(timer);
  }

  async #try(agentId: string, name: keyof AgentDesk, deed: (desk: AgentDesk) => Promise<void>): Promise<boolean> {
    try {
      await deed(this.options.desk);
      return true;
    } catch (error) {
      this.options.onRefused?.(agentId, name, error);
      return false;
    }
  }
}
