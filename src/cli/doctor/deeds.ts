import { msOf, type Clock } from '../../kernel/clock.js';
import type { Database } from '../../platform/postgres/database.js';
import { agoText, type Report } from './report.js';
import type { ReachedLog } from './servers.js';

/** Timers fire when they are due; one that is later than this is refused again and again, or nobody fires it. */
const OVERDUE_MS = 10_000;
/** After its deadline a deed is settled by whoever sees it, a minute later at most. */
const STUCK_AFTER_MS = 90_000;
/** How far back deeds are looked for, in events. */
const LOOK_BACK = 100_000n;
const PAGE = 2_000;

/** Timers that should have fired. Rows follow a little after the fact, so that one alone says little. */
export const tellTimers = async (report: Report, database: Database, clock: Clock, running: boolean): Promise<void> => {
  report.section('Timers');
  const { rows } = await database.query<{ runner: string; count: number; earliest: Date }>('SELECT runner, count(*)::int AS count, min(due_at) AS earliest FROM trunkline_timers GROUP BY runner ORDER BY runner');
  if (rows.length === 0) report.fact('waiting', 'none');
  for (const { runner, count, earliest } of rows) {
    const late = clock.now() - earliest.getTime();
    report.fact(runner, `${count} waiting, the first ${late > 0 ? `was due ${agoText(late)} ago` : `is due in ${agoText(-late)}`}`);
    if (running && late > OVERDUE_MS) report.problem('timers-overdue', `a timer of ${runner} is overdue by ${agoText(late)}`, 'does somebody hold the lease of that name (above)? Then look for timer-failed and event-store-away in that process’s log');
  }
};

const SETTLED = ['SwitchActionSucceeded', 'SwitchActionFailed', 'SwitchActionOutcomeUnknown'];

/** Deeds on switches that have no result though their time is over. */
export const tellDeeds = async (report: Report, { store, head }: ReachedLog, clock: Clock, running: boolean): Promise<void> => {
  report.section('Deeds on switches');
  if (!store.densePositions) {
    report.fact('open', 'not looked for in this store; trunkline_effects_open tells how many');
    return;
  }
  const open = new Map<string, { readonly deed: string; readonly nodeId: string; readonly stream: string; readonly deadlineAt: string }>();
  for (let after = head > LOOK_BACK ? head - LOOK_BACK : 0n; after < head; ) {
    const page = await store.readAll({ after, upTo: head, maxCount: PAGE, filter: { types: ['SwitchActionRequested', ...SETTLED] } });
    for (const { type, stream, data } of page) {
      const { actionId, deed = '', nodeId = '', deadlineAt = '' } = data as { actionId: string; deed?: string; nodeId?: string; deadlineAt?: string };
      if (type === 'SwitchActionRequested') open.set(actionId, { deed, nodeId, stream, deadlineAt });
      else open.delete(actionId);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.position;
  }
  report.fact('open', open.size === 0 ? 'none' : String(open.size));
  const stuck = [...open.values()].filter(({ deadlineAt }) => clock.now() - msOf(deadlineAt) > STUCK_AFTER_MS);
  const [first] = stuck;
  if (!running || first === undefined) return;
  report.problem('deeds-stuck', `${stuck.length} deeds have no result though their time is over, first ${first.deed} on ${first.nodeId} for ${first.stream}`, 'is a process with the role telephony running? It settles them; look for effect-failed in its log, and restart it if it does not');
};
