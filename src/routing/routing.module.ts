import { Module } from '@nestjs/common';
import { AgentPresenceController } from './agents/api/agent-presence.controller.js';
import { AgentsController } from './agents/api/agents.controller.js';
import { ChoosePresenceHandler, CommandAgentHandler, SignInAgentHandler } from './agents/commands/agent.handler.js';
import { QueuesController } from './queues/api/queues.controller.js';
import { CommandQueueHandler } from './queues/commands/queue.handler.js';

@Module({
  controllers: [QueuesController, AgentsController, AgentPresenceController],
  providers: [CommandQueueHandler, CommandAgentHandler, SignInAgentHandler, ChoosePresenceHandler],
})
export class RoutingModule {}
