import { Body, Controller, HttpCode, Inject, Post, Query, UseGuards } from '@nestjs/common';
import { ApiBasicAuth, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../platform/http/access/access.decorators.js';
import { answerDtoOf, answered } from '../../../platform/http/dto/answers.js';
import { PatternField } from '../../../platform/http/dto/fields.js';
import { HttpProblem } from '../../../platform/http/problem.js';
import { SWITCH_CDR_INBOX, type SwitchCdrInbox, witnessedLegOf } from '../../ports/switch-cdr-inbox.port.js';
import { SWITCH_CDR_READER, type SwitchCdrReader } from '../../ports/switch-cdr-reader.port.js';
import { SwitchPasswordGuard } from './switch-password.guard.js';

/** How long a CDR waits for the facts of its own leg, ms. */
export const CDR_PATIENCE_MS = Symbol('CdrPatienceMs');

export class SwitchCdrQuery {
  @PatternField({ description: 'The leg, with `a_` before it for a first leg, as mod_json_cdr adds it to its address', example: 'a_1f6f3a52-0d0b-5a43-9a1e-6c1f0a2b7d10', optional: true, pattern: /^[\w.-]{1,100}$/, shape: 'the id of a leg, with or without a_ before it' })
  uuid?: string;
}

const StoredDto = answerDtoOf('StoredCdrDto', { legId: answered.id() });

/** Where switches post their own CDRs: the second witness of how legs ended. */
@ApiTags('switches')
@Controller('v1/switch-cdrs')
@Public()
@UseGuards(SwitchPasswordGuard)
export class SwitchCdrsController {
  constructor(
    @Inject(SWITCH_CDR_READER) private readonly reader: SwitchCdrReader,
    @Inject(SWITCH_CDR_INBOX) private readonly inbox: SwitchCdrInbox,
    @Inject(CDR_PATIENCE_MS) private readonly patienceMs: number,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiBasicAuth('switch')
  @ApiOperation({ summary: 'A CDR of a switch', description: 'As mod_json_cdr posts it. It is stored and answered at once, and compared with what is on record a moment later: it closes what was left open, corrects what was inferred, and where the two differ the events of the call say so. The same CDR again changes nothing.' })
  @ApiBody({ schema: { type: 'object', additionalProperties: true, example: { 'core-uuid': '...', variables: {}, callflow: [] } } })
  @ApiOkResponse({ type: StoredDto })
  async store(@Body() body: unknown, @Query() { uuid }: SwitchCdrQuery): Promise<{ readonly legId: string }> {
    const read = this.reader.read(JSON.stringify(body ?? null), uuid);
    if ('unreadable' in read) throw new HttpProblem(422, 'unreadable-cdr', `this is no CDR of mod_json_cdr: ${read.unreadable}`);
    await this.inbox.put(witnessedLegOf(read.cdr), this.patienceMs);
    return { legId: read.cdr.channelId };
  }
}
