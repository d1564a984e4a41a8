import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from '@jest/globals';
import type { SwitchCdr } from '../../src/simulator/index.js';
import { CallCenter } from '../support/call-center.js';
import { eventually } from '../support/engine.js';

const SALES = '+4930555010';

describe('a CDR that the switch could not post', () => {
  it('reaches its call from the folder where the switch left it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-spool-'));
    const unposted: SwitchCdr[] = [];
    const center = await CallCenter.start({ engine: { settings: { cdrSpool: folder } }, cdrPoster: () => ({ post: (cdr) => void unposted.push(cdr) }) });
    try {
      await center.queue('sales', SALES);
      const line = center.call(SALES);
      await center.seen(line.channelId, 'LegAnswered');
      line.hangUp();
      await center.seen(line.channelId, 'CallEnded', { cause: 'NORMAL_CLEARING' });
      const cdr = await eventually('the CDR', () => unposted.find(({ uuid }) => uuid === line.channelId));
      const file = `a_${cdr.uuid}.cdr.json`;
      writeFileSync(join(folder, file), cdr.body.replace('"hangup_cause":"NORMAL_CLEARING"', '"hangup_cause":"MEDIA_TIMEOUT"'));
      await center.seen(line.channelId, 'CdrDiffered', { legId: line.channelId, field: 'cause', recorded: 'NORMAL_CLEARING', witnessed: 'MEDIA_TIMEOUT' });
      await eventually('the file is removed', () => !existsSync(join(folder, file)));
    } finally {
      await center.close();
      rmSync(folder, { recursive: true });
    }
  }, 30_000);
});
