import { Module } from '@nestjs/common';
import { CommandExecutor } from '../../platform/event-store/command-executor.js';
import { CallActionsController } from './api/call-actions.controller.js';
import { CallEventsController } from './api/call-events.controller.js';
import { CallsController } from './api/calls.controller.js';
import { RecordingsController } from './api/recordings.controller.js';
import { ActOnLegHandler, BridgeLegsHandler, HangUpCallHandler } from './commands/call-action.handler.js';
import { Calls } from './commands/calls.js';
import { EnqueueCallerHandler } from './commands/enqueue-caller.handler.js';
import { PlaceCallHandler } from './commands/place-call.handler.js';
import { StartRecordingHandler, StopRecordingHandler } from './commands/recording.handler.js';
import { CallEventsHandler } from './queries/call-events.handler.js';

@Module({
  controllers: [CallsController, CallActionsController, RecordingsController, CallEventsController],
  providers: [
    { provide: Calls, useFactory: (executor: CommandExecutor) => new Calls(executor), inject: [CommandExecutor] },
    PlaceCallHandler, ActOnLegHandler, BridgeLegsHandler, HangUpCallHandler, EnqueueCallerHandler, StartRecordingHandler, StopRecordingHandler, CallEventsHandler,
  ],
})
export class CallsModule {}
