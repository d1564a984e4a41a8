import { commandAnswerDtoOf, pageDtoOf } from '../../../platform/http/dto/common.dto.js';
import { Answered, IntegerField, ObjectField, PatternField, TextField } from '../../../platform/http/dto/fields.js';

class SharedNodeSettings {
  @TextField({ description: 'Name for people', example: 'fs1', max: 100 })
  name!: string;

  @TextField({ description: 'Host of the event socket', example: '10.0.0.5', max: 253 })
  host!: string;

  @IntegerField({ description: 'Port of the event socket', example: 8021, optional: true, default: 8021, min: 1, max: 65_535 })
  port = 8021;

  @TextField({ description: 'Dial string of an agent’s phone; {user} is replaced', example: 'user/{user}', optional: true, default: 'user/{user}', max: 300 })
  deviceAddress = 'user/{user}';

  @TextField({ description: 'Dial string of a number outside; {number} is replaced', example: 'sofia/gateway/carrier/{number}', max: 300 })
  trunkAddress!: string;

  @TextField({ description: 'What waiting callers hear', example: 'local_stream://moh', optional: true, default: 'local_stream://moh', max: 300 })
  music = 'local_stream://moh';

  @TextField({ description: 'Folder on the node for recordings', example: '/var/lib/freeswitch/recordings', optional: true, default: '/var/lib/freeswitch/recordings', max: 300 })
  recordingsFolder = '/var/lib/freeswitch/recordings';
}

export class NodeSettingsDto extends SharedNodeSettings {
  @TextField({ description: 'Password of the event socket; kept encrypted and never answered', example: 'ClueCon', max: 200 })
  password!: string;
}

export class ChangedNodeSettingsDto extends SharedNodeSettings {
  @TextField({ description: 'Password of the event socket; the one that is there stays if it is left out', optional: true, max: 200 })
  password?: string;
}

export class RegisterNodeBody {
  @PatternField({ description: 'Id of your choice; one is made if it is left out', example: 'fs1', optional: true, pattern: /^[A-Za-z0-9._-]{1,64}$/, shape: '1 to 64 letters, digits, dots, underscores or dashes' })
  nodeId?: string;

  @ObjectField({ description: 'How to reach the node', type: () => NodeSettingsDto })
  settings!: NodeSettingsDto;
}

export class ConfigureNodeBody {
  @ObjectField({ description: 'All settings but, if you like, the password', type: () => ChangedNodeSettingsDto })
  settings!: ChangedNodeSettingsDto;
}

export class ShownNodeSettingsDto extends SharedNodeSettings {}

export class NodeGapDto {
  @Answered({ description: 'From when on events of the node may have been missed', type: String, format: 'date-time', example: '2026-03-01T12:00:00.000Z' })
  since!: string;

  @Answered({ type: String, enum: ['connection-lost', 'heartbeat-missed', 'disconnect-notice', 'engine-away', 'switch-restarted'], example: 'connection-lost' })
  cause!: string;
}

export class NodeDto {
  @Answered({ type: String, example: 'fs1' })
  nodeId!: string;

  @Answered({ type: String, enum: ['active', 'retired'], example: 'active' })
  status!: 'active' | 'retired';

  @Answered({ type: ShownNodeSettingsDto, nullable: true })
  settings!: ShownNodeSettingsDto | null;

  @Answered({ description: 'Null while the node is connected and compared', type: NodeGapDto, nullable: true })
  gap!: NodeGapDto | null;

  @Answered({ description: 'Null while it is not connected', type: String, format: 'date-time', nullable: true, example: '2026-03-01T12:00:00.000Z' })
  connectedSince!: string | null;

  @Answered({ description: 'How often the switch was found restarted', type: 'integer', example: 0 })
  restarts!: number;

  @Answered({ description: 'Changes when the switch restarts', type: String, nullable: true, example: 'd7f6e3a0-7d5e-4a2e-9f9e-0b8c2f6d1a55' })
  switchSessionId!: string | null;

  @Answered({ description: 'Clock of the node minus ours, ms', type: 'integer', nullable: true, example: 3 })
  clockOffsetMs!: number | null;
}

export const NodePageDto = pageDtoOf(NodeDto);
export const NodeCommandAnswer = commandAnswerDtoOf('nodeId', 'fs1');
