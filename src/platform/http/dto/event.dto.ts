import type { Json, RecordedEvent } from '../../../kernel/event.js';
import { pageDtoOf } from './common.dto.js';
import { Answered, IntegerField, TextField } from './fields.js';

const UUID = '0d3f7c9a-4b1e-5d2c-9a8b-7c6d5e4f3a2b';

/** Query of a list of events; it is read from the log itself, so that there is nothing to wait for. */
export class EventsQuery {
  @IntegerField({ description: 'Most items of the answer', example: 100, optional: true, default: 100, min: 1, max: 1000, inQuery: true })
  limit = 100;

  @TextField({ description: 'Where to go on: `next` of the page before', optional: true, max: 2000 })
  cursor?: string;
}

export class ActorDto {
  @Answered({ description: 'What kind of someone did it', type: String, enum: ['user', 'api-key', 'agent', 'switch', 'process', 'router', 'timer', 'operator', 'system'], example: 'api-key' })
  kind!: string;

  @Answered({ description: 'Which one: the id of a key, a media node, a process', type: String, example: UUID })
  id!: string;
}

/** An event as an audit shows it. */
export class EventDto {
  @Answered({ type: String, example: UUID })
  eventId!: string;

  @Answered({ type: String, example: 'LegAnswered' })
  type!: string;

  @Answered({ type: 'integer', example: 1 })
  schemaVersion!: number;

  @Answered({ description: 'Place in its stream, from 0', type: String, example: '7' })
  revision!: string;

  @Answered({ description: 'Place in the whole log', type: String, example: '1042' })
  position!: string;

  @Answered({ description: 'When it happened', type: String, format: 'date-time', example: '2026-03-01T12:00:00.020Z' })
  occurredAt!: string;

  @Answered({ description: 'When it was learned', type: String, format: 'date-time', example: '2026-03-01T12:00:00.045Z' })
  recordedAt!: string;

  @Answered({ description: 'Who did it', type: ActorDto })
  actor!: ActorDto;

  @Answered({ description: 'The command that recorded it', type: String, example: UUID })
  commandId!: string;

  @Answered({ description: 'The event or command that led to it', type: String, example: UUID })
  causationId!: string;

  @Answered({ description: 'What all events of one cause have in common: a call, or the X-Request-Id of a request', type: String, example: UUID })
  correlationId!: string;

  @Answered({ description: 'What was recorded', type: 'object', additionalProperties: true, example: { legId: UUID } })
  data!: Json;
}

export const EventPageDto = pageDtoOf(EventDto);

export const eventDtoOf = ({ id, type, schemaVersion, revision, position, recordedAt, metadata, data }: RecordedEvent): EventDto => ({
  eventId: id,
  type,
  schemaVersion,
  revision: revision.toString(),
  position: position.toString(),
  occurredAt: metadata.occurredAt,
  recordedAt,
  actor: { kind: metadata.actor.kind, id: metadata.actor.id },
  commandId: metadata.commandId,
  causationId: metadata.$causationId,
  correlationId: metadata.$correlationId,
  data: data as Json,
});
