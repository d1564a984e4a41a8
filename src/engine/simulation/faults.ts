import type { Random } from '../../kernel/clock.js';
import type { CdrTrouble } from './cdr-posts.js';

/** What goes wrong, and when: ms after the day began. `slot` is a place where a process runs, `node` a switch. */
export type Fault = { readonly atMs: number } & (
  /** The process dies at its so many-th call to a store from then on, before or after the call is carried out, and is started again. */
  | { readonly kind: 'death'; readonly slot: number; readonly calls: number; readonly afterwards: boolean; readonly downMs: number }
  /** The process is not scheduled for so long. */
  | { readonly kind: 'pause'; readonly slot: number; readonly ms: number }
  /** A new process begins, then the old one ends in good order. */
  | { readonly kind: 'relief'; readonly slot: number }
  /** Every lease passes for over, whoever holds it. */
  | { readonly kind: 'leases-expire' }
  /** The wall clock of the process's machine is set. */
  | { readonly kind: 'engine-clock'; readonly slot: number; readonly stepMs: number }
  | { readonly kind: 'switch-clock'; readonly node: number; readonly stepMs: number }
  /** `slot` null: out of everybody's reach. */
  | { readonly kind: 'away'; readonly what: readonly ('store' | 'database')[]; readonly slot: number | null; readonly ms: number }
  | { readonly kind: 'lost-answers'; readonly share: number; readonly ms: number }
  | { readonly kind: 'cut'; readonly node: number }
  | { readonly kind: 'goodbye'; readonly node: number }
  | { readonly kind: 'refused'; readonly node: number; readonly ms: number }
  | { readonly kind: 'switch-restart'; readonly node: number; readonly orderly: boolean; readonly downMs: number }
  /** A channel ends and none of its events is sent. `which` of those that live, as a share. */
  | { readonly kind: 'vanish'; readonly node: number; readonly which: number }
  | { readonly kind: 'lost-jobs'; readonly node: number; readonly share: number; readonly ms: number }
  | { readonly kind: 'late-events'; readonly node: number; readonly delay: number; readonly delayMs: number; readonly duplicate: number; readonly ms: number }
  /** CDRs of the switches get lost, come twice or come late. */
  | ({ readonly kind: 'cdr-trouble'; readonly ms: number } & CdrTrouble)
);

type Kind = Fault['kind'];
type OfKind<K extends Kind> = Omit<Extract<Fault, { kind: K }>, 'atMs' | 'kind'>;

const whole = (random: Random, least: number, most: number): number => least + Math.floor(random.next() * (most - least + 1));
const oneOf = <T>(random: Random, choices: readonly T[]): T => choices[Math.floor(random.next() * choices.length)]!;
/** Many short ones and a few long ones. */
const spread = (random: Random, least: number, most: number): number => Math.round(least * (most / least) ** random.next());
const signed = (random: Random, ms: number): number => (random.next() < 0.5 ? -ms : ms);

/** Where faults may strike: so many processes and switches. */
export interface Extent {
  readonly slots: number;
  readonly nodes: number;
}

const oneSlot = (random: Random, { slots }: Extent) => ({ slot: whole(random, 0, slots - 1) });
const oneNode = (random: Random, { nodes }: Extent) => ({ node: whole(random, 0, nodes - 1) });

const DRAWN: { readonly [K in Kind]: { readonly weight: number; readonly draw: (random: Random, extent: Extent) => OfKind<K> } } = {
  death: { weight: 12, draw: (random, extent) => ({ ...oneSlot(random, extent), calls: spread(random, 1, 60), afterwards: random.next() < 0.5, downMs: spread(random, 300, 120_000) }) },
  pause: { weight: 2, draw: (random, extent) => ({ ...oneSlot(random, extent), ms: spread(random, 500, 90_000) }) },
  relief: { weight: 2, draw: oneSlot },
  'leases-expire': { weight: 1, draw: () => ({}) },
  'engine-clock': { weight: 1, draw: (random, extent) => ({ ...oneSlot(random, extent), stepMs: signed(random, spread(random, 20, 30_000)) }) },
  'switch-clock': { weight: 1, draw: (random, extent) => ({ ...oneNode(random, extent), stepMs: signed(random, spread(random, 20, 5_000)) }) },
  away: {
    weight: 3,
    draw: (random, extent) => ({ what: oneOf(random, [['store'], ['database'], ['store', 'database']] as const), slot: random.next() < 0.3 ? oneSlot(random, extent).slot : null, ms: spread(random, 300, 120_000) }),
  },
  'lost-answers': { weight: 2, draw: (random) => ({ share: 0.05 + random.next() * 0.3, ms: spread(random, 10_000, 900_000) }) },
  cut: { weight: 3, draw: oneNode },
  goodbye: { weight: 1, draw: oneNode },
  refused: { weight: 2, draw: (random, extent) => ({ ...oneNode(random, extent), ms: spread(random, 500, 120_000) }) },
  'switch-restart': { weight: 2, draw: (random, extent) => ({ ...oneNode(random, extent), orderly: random.next() < 0.5, downMs: spread(random, 500, 60_000) }) },
  vanish: { weight: 3, draw: (random, extent) => ({ ...oneNode(random, extent), which: random.next() }) },
  'lost-jobs': { weight: 2, draw: (random, extent) => ({ ...oneNode(random, extent), share: 0.05 + random.next() * 0.3, ms: spread(random, 10_000, 1_800_000) }) },
  'late-events': { weight: 3, draw: (random, extent) => ({ ...oneNode(random, extent), delay: random.next() * 0.2, delayMs: spread(random, 20, 2_000), duplicate: random.next() * 0.3, ms: spread(random, 30_000, 3_600_000) }) },
  'cdr-trouble': { weight: 2, draw: (random) => ({ lost: random.next() * 0.3, twice: random.next() * 0.3, late: random.next() * 0.5, lateMs: spread(random, 1_000, 600_000), ms: spread(random, 60_000, 3_600_000) }) },
};

const KINDS = Object.keys(DRAWN) as Kind[];
const WEIGHT = KINDS.reduce((sum, kind) => sum + DRAWN[kind].weight, 0);

const drawKind = (random: Random): Kind => {
  let left = random.next() * WEIGHT;
  for (const kind of KINDS) {
    left -= DRAWN[kind].weight;
    if (left < 0) return kind;
  }
  return 'death';
};

/** Troubles come together: so many of them soon after the one before. */
const TOGETHER = 0.4;

/** The faults of a day, drawn up front so that each can be left out without changing the others. `busy`: when they fall, ms after the beginning. */
export const planOf = (random: Random, count: number, extent: Extent, busy: readonly [fromMs: number, toMs: number]): Fault[] => {
  let before = 0;
  const plan = Array.from({ length: count }, (_, index): Fault => {
    const kind = drawKind(random);
    const alone = whole(random, ...busy);
    const atMs = index > 0 && random.next() < TOGETHER ? Math.min(busy[1], before + spread(random, 50, 30_000)) : alone;
    before = atMs;
    return { atMs, kind, ...DRAWN[kind].draw(random, extent) } as Fault;
  });
  return plan.sort((a, b) => a.atMs - b.atMs);
};

/** A fault in a line, for people. */
export const shownFault = ({ atMs, kind, ...more }: Fault): string => {
  const minutes = Math.floor(atMs / 60_000);
  const at = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}:${((atMs % 60_000) / 1000).toFixed(3).padStart(6, '0')}`;
  const parameters = Object.entries(more).map(([name, value]) => `${name} ${typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(2) : Array.isArray(value) ? value.join('+') : String(value)}`);
  return [at, kind, ...parameters].join(' ');
};
