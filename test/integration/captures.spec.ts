import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { EslDecoder } from '../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { FreeswitchTranslator } from '../../src/telephony/adapters/freeswitch/freeswitch-translator.js';
import type { SwitchFact } from '../../src/telephony/ports/switch-facts.js';
import { eventsIn, factsIn, recut } from '../support/capture-facts.js';
import { type Capture, type CaptureConnection, captures, recordedChunks, wholeLoadCapture } from '../support/captures.js';
import { SeededRandom } from '../support/manual-clock.js';
import { COLUMNS, emptyRow, judge, judgeCounts, type Limits, type Row } from '../support/proof/checks.js';
import { viewOfDomain } from '../support/proof/domain-view.js';
import { viewOfFacts } from '../support/proof/leg-view.js';
import { tableOf } from '../support/proof/table.js';
import { trueLegs } from '../support/proof/truth.js';

/** Connections that do not carry the whole of their scenario. */
const PARTIAL: Readonly<Record<string, string>> = {
  '10c-filters-and-second-connection/connB-1': '10c connB-1 was closed before the agent leg began, and had subscribed to few events',
  '10c-filters-and-second-connection/connB-2': '10c connB-2 was opened while the legs were bridged: their starts, answers and bridge are not in it',
  '10c-filters-and-second-connection/connF': '10c connF was filtered: of the agent leg it has what matched the filters',
  '12-load/.': 'the repository holds the head of the load recording; its end is in the whole one (TRUNKLINE_ESL_CAPTURES)',
  '13a-outbound-socket-async-full/outbound-socket': '13a outbound-socket began after the leg was created and was told of this one leg only',
  '13c-outbound-socket-sync/outbound-socket-sync': '13c outbound-socket-sync began after the leg was created and was closed before its end',
};

/** Scenarios whose calls, if any, left no CDR: there is no truth about legs to compare with. */
const WITHOUT_LEGS: Readonly<Record<string, string>> = {
  '10a-auth': '10a has no call: authentication only',
  '10d-api-blocks-events': '10d has no call: delays of events only',
  '10e-rude-rejection': '10e has no CDRs of the calls that went on beside it',
  '10f-freeswitch-shutdown-and-restart': '10f has no CDR of its call (the switch was stopped): its cause and the shutdown are checked by a test of their own',
  '15-slow-consumer-killed': '15 has no CDRs, and its stream breaks off inside a frame',
};

const SEED = Number(process.env['TRUNKLINE_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));

const connectionsOf = (recorded: Capture): CaptureConnection[] => recorded.connections.filter((connection) => connection.name !== 'watch');
const limitsOf = (recorded: Capture, connection: CaptureConnection): Limits => {
  const partial = PARTIAL[`${recorded.name}/${connection.name}`];
  return partial === undefined ? {} : { partial };
};
const failuresOf = (row: Row): string[] => COLUMNS.flatMap((column) => row.cells[column].failed.map((what) => `${column}: ${what}`));

describe('every recorded conversation agrees with its truth', () => {
  const rows: Row[] = [];
  const notes: string[] = [...Object.values(WITHOUT_LEGS)];
  const random = new SeededRandom(SEED);

  afterAll(() => {
    console.log(`Captures against their truth (cuts with TRUNKLINE_TEST_SEED=${SEED})\n\n${tableOf(rows, notes)}`);
  });

  for (const recorded of captures()) {
    for (const connection of connectionsOf(recorded)) {
      it(`${recorded.name} ${connection.name}`, async () => {
        const bytes = connection.bytes();
        const facts = factsIn(eventsIn([bytes]));
        for (const pieces of [recordedChunks(connection), recut(bytes, () => random.next()), recut(bytes, () => random.next())]) {
          expect(factsIn(eventsIn(pieces))).toEqual(facts);
        }
        const legs = trueLegs(recorded.name, recorded.truth);
        if (legs === undefined || legs.length === 0) {
          expect(WITHOUT_LEGS).toHaveProperty([recorded.name]);
          return;
        }
        const limits = limitsOf(recorded, connection);
        const counts = recorded.truth.capture?.[connection.name]?.events;
        const factView = viewOfFacts(facts);
        const domainView = await viewOfDomain(facts);
        for (const [level, view] of [['facts', factView], ['events', domainView]] as const) {
          const row = emptyRow(recorded.name, connection.name, level);
          judge(row, recorded.truth, legs, view, limits);
          if (counts !== undefined && limits.partial === undefined) judgeCounts(row, counts, view, factView);
          rows.push(row);
          expect(failuresOf(row)).toEqual([]);
        }
      });
    }
  }

  it('10f: a switch that is shut down says so, and ends its calls with that cause', () => {
    const recorded = captures().find(({ name }) => name.startsWith('10f'));
    const before = recorded?.connections.find(({ name }) => name === 'before');
    const view = viewOfFacts(factsIn(eventsIn([before?.bytes() ?? Buffer.alloc(0)])));
    expect(view.shutdowns).toBe(1);
    expect([...view.legs.values()].map((leg) => leg.cause)).toEqual([(recorded?.truth.facts?.['call'] as string[][])[1]?.[1]]);
  });

  const whole = wholeLoadCapture();
  if (whole === undefined) notes.push('the whole load recording (212 MB) was not read: set TRUNKLINE_ESL_CAPTURES to a directory that holds 12-load/raw.bin.gz');
  (whole === undefined ? it.skip : it)(
    '12-load, the whole of it (TRUNKLINE_ESL_CAPTURES)',
    async () => {
      const decoder = new EslDecoder();
      const translator = new FreeswitchTranslator();
      const facts: SwitchFact[] = [];
      for await (const piece of createReadStream(whole ?? '').pipe(createGunzip())) {
        for (const message of decoder.push(piece as Buffer)) if (message.kind === 'event') facts.push(...translator.translate(message.event));
      }
      const recorded = captures().find(({ name }) => name === '12-load');
      const legs = trueLegs('12-load', recorded?.truth ?? ({} as Capture['truth'])) ?? [];
      for (const [level, view] of [['facts', viewOfFacts(facts)], ['events', await viewOfDomain(facts)]] as const) {
        const row = emptyRow('12-load', 'whole', level);
        judge(row, { ...(recorded?.truth as Capture['truth']), facts: {} }, legs, view, {});
        rows.push(row);
        expect(failuresOf(row).slice(0, 20)).toEqual([]);
      }
      expect(translator.channelsRemembered).toBe(0);
      expect(translator.unusable.size).toBe(0);
    },
    600_000,
  );
});
