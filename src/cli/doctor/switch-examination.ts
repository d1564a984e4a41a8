import type { Clock, Random } from '../../kernel/clock.js';
import { within } from '../../kernel/clock.js';
import { parseChannels } from '../../telephony/adapters/freeswitch/channels.js';
import { connectEsl } from '../../telephony/adapters/freeswitch/esl-client.js';
import { EslCommandRefused } from '../../telephony/adapters/freeswitch/esl-client.port.js';
import { eventTimeMs } from '../../telephony/adapters/freeswitch/freeswitch-times.js';
import type { MediaNodeSettings } from '../../telephony/contract/configuration-events.js';
import type { LiveChannel } from '../../telephony/ports/telephony-gateway.port.js';

/** What a switch itself says, asked on a connection of the doctor's own. */
export interface SwitchExamination {
  readonly version: string;
  /** Its clock minus ours, ms, from an event; undefined where none came. */
  readonly offsetMs: number | undefined;
  /** Whether the dialplan of Trunkline is loaded; undefined where the switch does not tell. */
  readonly dialplan: boolean | undefined;
  readonly channels: readonly LiveChannel[];
}

const DIAL_MS = 5_000;
const EVENT_MS = 3_000;

/** Looks at a switch and changes nothing. Throws what the switch or the network said. */
export const examineSwitch = async ({ host, port, password }: MediaNodeSettings, clock: Clock, random: Random): Promise<SwitchExamination> => {
  const client = await connectEsl({ host, port, password, connectTimeoutMs: DIAL_MS, replyTimeoutMs: DIAL_MS });
  client.onDisconnect(() => undefined);
  let offsetMs: number | undefined;
  try {
    // A job that does nothing proves that events arrive, and how far the clocks are apart.
    const jobId = random.uuid();
    const arrived = new Promise<void>((resolve) => {
      client.onEvent(({ headers }) => {
        if (headers['Job-UUID'] !== jobId) return;
        const at = eventTimeMs(headers);
        offsetMs = at === undefined ? undefined : Math.round(at - clock.now());
        resolve();
      });
    });
    await client.subscribe(['BACKGROUND_JOB']);
    await client.bgapi('version', jobId);
    await within(clock, EVENT_MS, arrived);
    return {
      version: (await client.api('version')).split('\n')[0] ?? '',
      offsetMs,
      dialplan: await client.api('xml_locate dialplan context name trunkline').then((answer) => answer.includes('name="trunkline"'), (error: unknown) => {
        if (!(error instanceof EslCommandRefused)) throw error;
        // A switch without this command cannot tell; one that has it says so of what it has not.
        return /command not found/i.test(error.message) ? undefined : false;
      }),
      channels: parseChannels(await client.api('show channels as json')),
    };
  } finally {
    await client.close();
  }
};
