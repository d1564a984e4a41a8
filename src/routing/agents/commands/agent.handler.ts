import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { conflict, notFound } from '../../../kernel/checks.js';
import type { CommandMeta } from '../../../kernel/command.js';
import { DomainError } from '../../../kernel/errors.js';
import { shiftIdOf, streamOf } from '../../../kernel/streams.js';
import { CommandExecutor, type CommandResult } from '../../../platform/event-store/command-executor.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import { agentShiftDecider } from '../domain/agent-shift.decider.js';
import { agentDecider, type AgentState } from '../domain/agent.decider.js';
import { ChoosePresence, CommandAgent, type ShiftResult, SignInAgent } from './agent.command.js';

@CommandHandler(CommandAgent)
export class CommandAgentHandler implements ICommandHandler<CommandAgent> {
  constructor(private readonly executor: CommandExecutor) {}

  async execute({ agentId, command }: CommandAgent): Promise<CommandResult> {
    if (command.type === 'RetireAgent') await endClosedShift(this.executor, agentId, command.meta);
    return this.executor.execute(agentDecider, streamOf('agent', agentId), command);
  }
}

@CommandHandler(SignInAgent)
export class SignInAgentHandler implements ICommandHandler<SignInAgent> {
  constructor(private readonly executor: CommandExecutor) {}

  async execute({ agentId, meta }: SignInAgent): Promise<ShiftResult> {
    await endClosedShift(this.executor, agentId, meta);
    const started = await this.executor.execute(agentDecider, streamOf('agent', agentId), { type: 'StartShift', data: {}, meta });
    const { openShiftId, shiftNumber, idleSince, noAnswerCount } = await agentOf(this.executor, agentId, meta.tenantId);
    if (openShiftId === null) return { result: started, shiftId: shiftIdOf(agentId, shiftNumber) };
    // The shift's stream is opened here, so that the agent can be made available at once; a process does it after a crash in between.
    const opened = await this.executor.execute(agentShiftDecider, streamOf('agentShift', openShiftId), {
      type: 'OpenShift',
      data: { agentId, shiftId: openShiftId, shiftNumber, idleSince, noAnswerCount },
      meta: { ...meta, commandId: deterministicId(meta.commandId, openShiftId) },
    });
    return { result: opened.position > started.position ? opened : started, shiftId: openShiftId };
  }
}

@CommandHandler(ChoosePresence)
export class ChoosePresenceHandler implements ICommandHandler<ChoosePresence> {
  constructor(private readonly executor: CommandExecutor) {}

  async execute({ agentId, command }: ChoosePresence): Promise<ShiftResult> {
    const remembered = this.executor.remembered(agentDecider, streamOf('agent', agentId));
    if (remembered?.tenantId === command.meta.tenantId && remembered.state.openShiftId !== null) {
      try {
        const chosen = await this.choose(remembered.state, command);
        if (chosen.result.position > 0n) return chosen;
      } catch (error) {
        // Another shift may have been opened elsewhere: neither a refusal nor 'already so' counts but on the newest state.
        if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error;
      }
    }
    return this.choose(await agentOf(this.executor, agentId, command.meta.tenantId), command);
  }

  private async choose({ agentId, openShiftId, shiftNumber }: AgentState, command: ChoosePresence['command']): Promise<ShiftResult> {
    const signsOut = command.type === 'SignOutAgent';
    // A repeated sign-out finds the shift closed: it is asked all the same, and knows its own command.
    const shiftId = openShiftId ?? (signsOut && shiftNumber > 0 ? shiftIdOf(agentId, shiftNumber) : null);
    if (shiftId === null) {
      if (signsOut) return { result: { position: 0n, revision: 'no_stream', duplicate: false }, shiftId };
      throw conflict('agent-signed-out', 'the agent is signed out; sign in first');
    }
    return { result: await this.executor.execute(agentShiftDecider, streamOf('agentShift', shiftId), command), shiftId };
  }
}

const agentOf = async (executor: CommandExecutor, agentId: string, tenantId: string): Promise<AgentState> => {
  const { state, tenantId: owner } = await executor.load(agentDecider, streamOf('agent', agentId));
  if (owner !== tenantId || state.status === 'none') throw notFound('agent-not-found', 'there is no such agent');
  return state;
};

/** A shift that was just signed out of is still open for the agent until a process has said so; who comes before it says so instead. */
const endClosedShift = async (executor: CommandExecutor, agentId: string, meta: CommandMeta): Promise<void> => {
  const { openShiftId } = await agentOf(executor, agentId, meta.tenantId);
  if (openShiftId === null) return;
  const { state } = await executor.load(agentShiftDecider, streamOf('agentShift', openShiftId));
  if (state.status !== 'closed') return;
  await executor.execute(agentDecider, streamOf('agent', agentId), {
    type: 'EndShift',
    data: { shiftId: openShiftId, idleSince: state.idleSince, noAnswerCount: state.noAnswerCount },
    meta: { ...meta, commandId: deterministicId(meta.commandId, 'end', openShiftId) },
  });
};
