import { Module } from '@nestjs/common';
import { KeptRecordingsController } from './api/kept-recordings.controller.js';
import { OrderForRecordingHandler } from './commands/recording.handler.js';
import { RecordingContentHandler } from './queries/recording-content.handler.js';

@Module({ controllers: [KeptRecordingsController], providers: [OrderForRecordingHandler, RecordingContentHandler] })
export class RecordingsModule {}
