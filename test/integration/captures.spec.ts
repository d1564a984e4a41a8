import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { SYSTEM_TENANT } from '../../src/kernel/tenants.js';
import { EslDecoder } from '../../src/telephony/adapters/freeswitch/esl-decoder.js';
import { FreeswitchTranslator } from '../../src/telephony/adapters/freeswitch/freeswitch-translator.js';
import type { LastBridge, SwitchFact } from '../../src/telephony/ports/switch-facts.js';
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

/** The last bridge of each leg that ended: as it was heard, and as it was told with the leg's end. */
const lastBridges = (facts: readonly SwitchFact[]) => {
  const [last, heard, told] = [new Map<string, LastBridge>(), new Map<string, LastBridge>(), new Map<string, LastBridge>()];
  for (const fact of facts) {
    if (fact.kind === 'channels-bridged') {
      last.set(fact.channelId, { otherChannelId: fact.otherChannelId, at: fact.at });
      last.set(fact.otherChannelId, { otherChannelId: fact.channelId, at: fact.at });
    }
    if (fact.kind !== 'channel-ended') continue;
    const bridge = last.get(fact.channelId);
    if (bridge !== undefined) heard.set(fact.channelId, bridge);
    if (fact.bridge !== undefined) told.set(fact.channelId, fact.bridge);
  }
  return { heard, told };
};

const pairsOf = (pairs: Iterable<readonly [string, string]>): string[] => [...new Set([...pairs].map((pair) => [...pair].sort().join(' with ')))].sort();

/** Who talked with whom, by the events of calls that heard no bridge at all. Legs belong together from the start, as those that the engine dials do. */
const bridgesUnheard = async (facts: readonly SwitchFact[]): Promise<string[]> => {
  const callOf = new Map<string, string>();
  for (const fact of facts) {
    if (fact.kind !== 'channels-bridged') continue;
    const [one, other] = [callOf.get(fact.channelId) ?? fact.channelId, callOf.get(fact.otherChannelId) ?? fact.otherChannelId];
    for (const [legId, callId] of [...callOf, [fact.otherChannelId, other] as const]) if (callId === other) callOf.set(legId, one);
  }
  const deaf = facts
    .filter(({ kind }) => kind !== 'channels-bridged' && kind !== 'channels-unbridged')
    .map((fact) => (fact.kind === 'channel-appeared' && callOf.has(fact.channelId) ? { ...fact, callId: callOf.get(fact.channelId)!, tenantId: SYSTEM_TENANT } : fact));
  const { legs, refused } = await viewOfDomain(deaf);
  expect(refused).toEqual([]);
  return pairsOf([...legs].flatMap(([legId, { bridges }]) => bridges.map(({ otherId }) => [legId, otherId] as const)));
};

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
        if (limits.partial === undefined) {
          const { heard, told } = lastBridges(facts);
          expect([...told.keys()].sort()).toEqual([...heard.keys()].sort());
          // A transfer makes the switch forget when the bridge began, never with whom it was.
          for (const [legId, { otherChannelId, at }] of told) expect([legId, otherChannelId, at ?? heard.get(legId)?.at]).toEqual([legId, heard.get(legId)?.otherChannelId, heard.get(legId)?.at]);
          expect(await bridgesUnheard(facts)).toEqual(pairsOf([...told].map(([legId, { otherChannelId }]) => [legId, otherChannelId] as const)));
        }
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
