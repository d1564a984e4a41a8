import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AlarmCounter } from '../../src/platform/observability/alarms.port.js';
import { CdrSpool } from '../../src/telephony/adapters/freeswitch/cdr-spool.js';
import { JsonCdrReader } from '../../src/telephony/adapters/freeswitch/json-cdr-reader.js';
import type { SwitchCdrInbox, WitnessedLeg } from '../../src/telephony/ports/switch-cdr-inbox.port.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';

const golden = fileURLToPath(new URL('../golden/esl/json-cdr/', import.meta.url));
const spooled = readdirSync(golden).filter((file) => file.startsWith('spool-'));

describe("CDRs that the switch could not post", () => {
  let folder: string;
  let clock: ManualClock;
  let alarms: AlarmCounter;
  let kept: { readonly leg: WitnessedLeg; readonly dueInMs: number }[];
  let spool: CdrSpool;
  let refusal: Error | undefined;
  const inbox = { put: (leg: WitnessedLeg, dueInMs: number) => (refusal === undefined ? Promise.resolve(void kept.push({ leg, dueInMs })) : Promise.reject(refusal)) } as unknown as SwitchCdrInbox;
  const names = (below = ''): string[] => (existsSync(join(folder, below)) ? readdirSync(join(folder, below), { withFileTypes: true }) : []).filter((entry) => entry.isFile()).map(({ name }) => name).sort();
  const spoolFile = (file: string): string => file.replace(/^spool-/, '');
  const looked = async (until: () => boolean): Promise<void> => {
    while (!until()) await clock.advance(1_000);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trunkline-spool-'));
    clock = new ManualClock();
    alarms = new AlarmCounter();
    kept = [];
    refusal = undefined;
    spool = new CdrSpool({ folder, reader: new JsonCdrReader(), inbox, clock, alarms });
  });
  afterEach(async () => {
    await spool.stop();
    rmSync(folder, { recursive: true });
  });

  it('are collected once, as if they had been posted, and their files, which name people, are removed', async () => {
    for (const file of spooled) copyFileSync(join(golden, file), join(folder, spoolFile(file)));
    writeFileSync(join(folder, 'readme.txt'), 'not ours');
    spool.start();
    await eventually(() => kept.length === spooled.length && names().length === 1);
    expect(kept.map(({ leg }) => leg.channelId).sort()).toEqual(spooled.map((file) => spoolFile(file).replace(/^a_|\.cdr\.json$/g, '')).sort());
    expect(kept.map(({ leg: { cause, hungUpBy } }) => [cause, hungUpBy]).sort()).toEqual([['NORMAL_CLEARING', 'far-end'], ['NORMAL_CLEARING', 'switch'], ['ORIGINATOR_CANCEL', 'far-end']]);
    // Numbers and names stay in the file.
    expect(JSON.stringify(kept)).not.toMatch(/callerNumber|dialedNumber|callerName/);
    expect(names()).toEqual(['readme.txt']);
    expect(readdirSync(folder, { recursive: true })).toEqual(['readme.txt']);
    await clock.advance(20_000);
    expect(kept).toHaveLength(spooled.length);
    expect([...alarms.counts]).toEqual([]);
  });

  it('stay where they are until the inbox takes them', async () => {
    copyFileSync(join(golden, spooled[0]!), join(folder, spoolFile(spooled[0]!)));
    refusal = new Error('the database is away');
    spool.start();
    await eventually(() => alarms.count('cdr-spool-unusable') === 1);
    expect(names()).toEqual([spoolFile(spooled[0]!)]);
    refusal = undefined;
    await looked(() => kept.length === 1);
    await eventually(() => names().length === 0);
  });

  it('that are still being written are read when they are whole; what is no CDR is put aside', async () => {
    const whole = readFileSync(join(golden, spooled[0]!));
    const path = join(folder, spoolFile(spooled[0]!));
    const touch = (file: string, secondsAgo: number): void => utimesSync(file, clock.now() / 1000 - secondsAgo, clock.now() / 1000 - secondsAgo);
    writeFileSync(path, whole.subarray(0, whole.length >> 1));
    touch(path, 1);
    writeFileSync(join(folder, 'old.cdr.json'), '{"hello":1}');
    touch(join(folder, 'old.cdr.json'), 120);
    spool.start();
    await eventually(() => alarms.count('spooled-cdr-unreadable') === 1 && names('unreadable').length === 1);
    expect(names()).toEqual([spoolFile(spooled[0]!)]);
    writeFileSync(path, whole);
    await looked(() => kept.length === 1);
    expect(names('unreadable')).toEqual(['old.cdr.json']);
  });

  it('need no folder until the switch has made it', async () => {
    rmSync(folder, { recursive: true });
    spool.start();
    await clock.advance(5_000);
    mkdirSync(folder);
    copyFileSync(join(golden, spooled[0]!), join(folder, spoolFile(spooled[0]!)));
    await looked(() => kept.length === 1);
    expect([...alarms.counts]).toEqual([]);
  });
});
