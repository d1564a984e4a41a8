import { CommandAnswer } from '../../../platform/http/dto/common.dto.js';
import { Answered, BooleanField, ChoiceField, IdField, IntegerField, PatternField, TextField } from '../../../platform/http/dto/fields.js';

const CALL_ID = '1f6f3a52-0d0b-5a43-9a1e-6c1f0a2b7d10';
const LEG_ID = '7c9d0a44-55d1-5e0f-8f2b-9a4b3c2d1e0f';
const ACTION_ID = '4e1a6b7c-8d9e-5f00-a1b2-c3d4e5f60718';
const RECORDING_ID = 'b2c3d4e5-f607-5819-8a2b-3c4d5e6f7081';

/** Media by its scheme or by its path on the media node; no way up the folders, and no application by `::`. */
const MEDIA = /^(?!.*(?:\.\.|::))(?:(?:local_stream|tone_stream|silence_stream):\/\/)?(?!.*:\/\/)[A-Za-z0-9_./:%(),;=+~?*#@-]{1,1000}$/;
const MEDIA_SHAPE = 'the path of a file on the media node without "..", or local_stream://..., tone_stream://... or silence_stream://...';

export class PlaceCallBody {
  @TextField({ description: 'Whom to call: E.164, or as it is dialled in the country of the tenant', example: '+4930123456', max: 40 })
  to!: string;

  @TextField({ description: 'Number that the person sees; null: withheld', example: '+493099887766', optional: true, nullable: true, default: null, max: 40 })
  from: string | null = null;

  @TextField({ description: 'Name that the person sees, where their network shows one', example: 'Acme GmbH', optional: true, default: '', min: 0, max: 80 })
  fromName = '';

  @IntegerField({ description: 'How long it rings, ms', example: 60_000, optional: true, default: 60_000, min: 1_000, max: 300_000 })
  ringTimeoutMs = 60_000;
}

export class PersonLegBody {
  @IdField({ description: 'The leg that is meant; left out: that of the person outside', example: LEG_ID, optional: true })
  legId?: string;
}

export class AgentLegBody {
  @IdField({ description: 'The leg that is meant; left out: that of the agent', example: LEG_ID, optional: true })
  legId?: string;
}

export class HangUpBody {
  @IdField({ description: 'Only this leg; left out: all legs of the call', example: LEG_ID, optional: true })
  legId?: string;

  @PatternField({ description: 'Cause, as FreeSWITCH names it', example: 'NORMAL_CLEARING', optional: true, default: 'NORMAL_CLEARING', pattern: /^[A-Z][A-Z0-9_]{0,63}$/, shape: 'a cause in capital letters, such as NORMAL_CLEARING or USER_BUSY' })
  cause = 'NORMAL_CLEARING';
}

export class BridgeBody extends PersonLegBody {
  @IdField({ description: 'The leg to bridge it with; left out: the only other one', example: 'a0b1c2d3-e4f5-5a6b-8c7d-9e0f1a2b3c4d', optional: true })
  otherLegId?: string;
}

export class TransferBody extends PersonLegBody {
  @PatternField({ description: 'Number or extension, as the dialplan of the media node knows it', example: '+4930123456', pattern: /^[A-Za-z0-9+*#._-]{1,64}$/, shape: '1 to 64 letters, digits, +, *, #, dots, underscores or dashes' })
  destination!: string;

  @ChoiceField({ description: 'Which side of the bridge goes: the leg itself, the one it talks with, or both', example: 'this', optional: true, default: 'this', choices: ['this', 'other', 'both'] })
  side: 'this' | 'other' | 'both' = 'this';
}

export class PlayBody extends PersonLegBody {
  @PatternField({ description: 'What to play', example: 'ivr/ivr-please_hold_while_party_contacted.wav', pattern: MEDIA, shape: MEDIA_SHAPE })
  media!: string;

  @BooleanField({ description: 'Again and again, until it is stopped', example: false, optional: true, default: false })
  loop = false;
}

export class SendDigitsBody extends PersonLegBody {
  @PatternField({ description: 'Digits; w waits half a second, W a whole one', example: '1w42#', pattern: /^[0-9A-Da-d*#wW]{1,64}$/, shape: '1 to 64 of 0-9, A-D, *, #, w and W' })
  digits!: string;
}

export class CollectDigitsBody extends PersonLegBody {
  @PatternField({ description: 'What is played before; left out: nothing', example: 'ivr/ivr-enter_destination_telephone_number.wav', optional: true, pattern: MEDIA, shape: MEDIA_SHAPE })
  prompt?: string;

  @IntegerField({ description: 'Fewest digits that are taken', example: 1, optional: true, default: 1, min: 0, max: 128 })
  minDigits = 1;

  @IntegerField({ description: 'Most digits that are taken', example: 4, min: 1, max: 128 })
  maxDigits!: number;

  @IntegerField({ description: 'How long to wait for each digit, ms', example: 5_000, optional: true, default: 5_000, min: 100, max: 600_000 })
  timeoutMs = 5_000;

  @PatternField({ description: 'Keys that end the input; empty: none', example: '#', optional: true, default: '#', pattern: /^[0-9A-D*#]{0,16}$/, shape: 'up to 16 of 0-9, A-D, * and #' })
  terminators = '#';

  @BooleanField({ description: 'Card numbers and the like: what is pressed is not stored anywhere', example: false, optional: true, default: false })
  sensitive = false;
}

export class EnqueueBody extends PersonLegBody {
  @IdField({ description: 'The queue', example: '0b8f4a52-5a7f-5c1e-9c56-1d1f6a0c9a11' })
  queueId!: string;

  @IntegerField({ description: '1 is served first, 10 last; left out: the priority of the queue', example: 5, optional: true, min: 1, max: 10 })
  priority?: number;
}

export class CallAnswer extends CommandAnswer {
  @Answered({ description: 'The call, which is the id of its first leg', type: String, example: CALL_ID })
  callId!: string;
}

export class ActionAnswer extends CallAnswer {
  @Answered({ description: 'Names the deed in the events of the call, which tell whether the switch did it; null: nothing had to be done', type: String, nullable: true, example: ACTION_ID })
  actionId!: string | null;
}

export class EnqueueAnswer extends CallAnswer {
  @Answered({ description: 'Names this stay in the queue', type: String, example: ACTION_ID })
  segmentId!: string;
}

export class RecordingAnswer extends ActionAnswer {
  @Answered({ type: String, example: RECORDING_ID })
  recordingId!: string;
}
