import { Module } from '@nestjs/common';
import { MediaNodesController } from './media-nodes/api/media-nodes.controller.js';
import { CommandMediaNodeHandler, ConfigureMediaNodeHandler } from './media-nodes/commands/media-node.handler.js';
import { NumbersController } from './numbers/api/numbers.controller.js';
import { AssignNumberHandler, CommandNumberHandler } from './numbers/commands/number.handler.js';

@Module({
  controllers: [NumbersController, MediaNodesController],
  providers: [AssignNumberHandler, CommandNumberHandler, CommandMediaNodeHandler, ConfigureMediaNodeHandler],
})
export class TelephonyModule {}
