import { answerDtoOf, answered, nullable } from '../../src/platform/http/dto/answers.js';
import { PageQuery, pageDtoOf } from '../../src/platform/http/dto/common.dto.js';
import { IdField } from '../../src/platform/http/dto/fields.js';

export class NodeGapsQuery extends PageQuery {
  @IdField({ description: 'Only this media node', example: 'fs1', optional: true })
  nodeId?: string;
}

const RecordedGapDto = answerDtoOf('RecordedGapDto', {
  nodeId: answered.text('fs1'), gapId: answered.id(), cause: answered.choice(['connection-lost', 'heartbeat-missed', 'disconnect-notice', 'engine-away', 'switch-restarted']), fromAt: answered.time(), toAt: nullable(answered.time('Null while the gap is open; so is all below')),
  durationMs: nullable(answered.ms()), switchSessionId: nullable(answered.id('Core-UUID of the switch')), channelsSeen: nullable(answered.count('Channels that the switch had')), legsConfirmed: nullable(answered.count('Legs of ours among them')),
  endsInferred: nullable(answered.count('Legs of ours that were gone')), callersAdmitted: nullable(answered.count('Callers who had come meanwhile')),
  callsAffected: nullable(answered.count('Calls of which something may have been missed: `/v1/call-history?gapId=` lists a tenant’s')),
});
export const NodeGapPageDto = pageDtoOf(RecordedGapDto);
