import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Access } from '../../../src/platform/http/access/access.js';
import { InProcessFanout } from '../../../src/platform/http/live-fanout.port.js';
import { BoardFeed, type BoardWatcher } from '../../../src/platform/http/live/board-feed.js';
import { EventStream } from '../../../src/platform/http/live/event-stream.js';
import { changeTopic, ERASURES, type LiveBoard, modelChanged } from '../../../src/platform/http/live/live-board.port.js';
import { LiveBoards } from '../../../src/platform/http/live/live-boards.js';
import { LiveController } from '../../../src/platform/http/live/live.controller.js';
import { AlarmCounter } from '../../../src/platform/observability/alarms.port.js';
import { ManualClock, settle } from '../../support/manual-clock.js';

class Heard implements BoardWatcher {
  readonly messages: unknown[][] = [];
  onSnapshot: BoardWatcher['onSnapshot'] = ({ id, rows }) => void this.messages.push(['snapshot', id, rows]);
  onChange: BoardWatcher['onChange'] = ({ id, changed, removed }) => void this.messages.push(['change', id, changed, removed]);
}

const given = () => {
  const table = { rows: [{ callId: 'a', state: 'queued' }] as object[], reads: 0, fails: false };
  const board: LiveBoard = {
    name: 'calls',
    models: ['live-calls'],
    keyField: 'callId',
    rows: () => {
      table.reads += 1;
      return table.fails ? Promise.reject(new Error('away')) : Promise.resolve({ rows: table.rows, complete: true });
    },
  };
  const [clock, fanout, alarms] = [new ManualClock(), new InProcessFanout(), new AlarmCounter()];
  const tell = (): void => fanout.publish(changeTopic('live-calls', 'acme'), modelChanged(1n));
  const pass = (ms: number): Promise<void> => clock.advance(ms);
  return { table, board, clock, fanout, alarms, tell, pass };
};

describe('a board that is watched', () => {
  const feedOf = ({ board, fanout, clock, alarms }: ReturnType<typeof given>): BoardFeed => new BoardFeed(board, 'acme', 'e', { fanout, clock, alarms });

  it('is told whole, then what is different', async () => {
    const world = given();
    const heard = new Heard();
    feedOf(world).watch(heard, undefined);
    await settle();
    expect(heard.messages).toEqual([['snapshot', 'e.0', [{ callId: 'a', state: 'queued' }]]]);
    world.table.rows = [{ callId: 'a', state: 'talking' }, { callId: 'b', state: 'queued' }];
    world.tell();
    await world.pass(100);
    expect(heard.messages.slice(1)).toEqual([['change', 'e.1', world.table.rows, []]]);
    world.table.rows = [{ callId: 'b', state: 'queued' }];
    world.tell();
    await world.pass(100);
    expect(heard.messages.slice(2)).toEqual([['change', 'e.2', [], ['a']]]);
  });

  it('shows nothing any more of what it showed before somebody was erased', async () => {
    const world = given();
    const feed = feedOf(world);
    const heard = new Heard();
    feed.watch(heard, undefined);
    await settle();
    world.table.rows = [{ callId: 'a', fromName: 'Erika' }];
    world.tell();
    await world.pass(100);
    world.table.rows = [{ callId: 'a', fromName: '[erased]' }];
    world.fanout.publish(changeTopic(ERASURES, 'acme'), modelChanged(2n));
    await world.pass(100);
    expect(heard.messages.at(-1)).toEqual(['change', 'e.2', [{ callId: 'a', fromName: '[erased]' }], []]);
    const back = new Heard();
    feed.watch(back, 'e.0');
    await world.pass(100);
    expect(JSON.stringify(back.messages)).not.toContain('Erika');
    expect(back.messages[0]?.[0]).toBe('snapshot');
  });

  it('reads a storm of changes once, and nothing where nothing is different', async () => {
    const world = given();
    const heard = new Heard();
    feedOf(world).watch(heard, undefined);
    await settle();
    for (let n = 0; n < 1_000; n += 1) world.tell();
    await world.pass(100);
    expect(world.table.reads).toBe(2);
    expect(heard.messages).toHaveLength(1);
  });

  it('reads for all watchers together, and for nobody once all have left', async () => {
    const world = given();
    const feed = feedOf(world);
    const leaves = [new Heard(), new Heard(), new Heard()].map((heard) => feed.watch(heard, undefined));
    await settle();
    const reads = world.table.reads;
    world.tell();
    await world.pass(100);
    expect(world.table.reads).toBe(reads + 1);
    for (const leave of leaves) leave();
    world.tell();
    await world.pass(60_000);
    expect(world.table.reads).toBe(reads + 1);
    expect(world.clock.pending).toBe(0);
  });

  it('looks by itself now and then, for a message may be lost', async () => {
    const world = given();
    const heard = new Heard();
    feedOf(world).watch(heard, undefined);
    await settle();
    world.table.rows = [];
    await world.pass(100);
    await world.pass(5_000);
    expect(heard.messages.at(-1)).toEqual(['change', 'e.1', [], ['a']]);
  });

  it('stays as it was while it cannot be read, says so once, and goes on after', async () => {
    const world = given();
    const heard = new Heard();
    feedOf(world).watch(heard, undefined);
    await settle();
    world.table.fails = true;
    world.tell();
    for (let second = 0; second < 5; second += 1) await world.pass(1_000);
    expect(world.alarms.count('live-board-not-read')).toBe(1);
    expect(heard.messages).toHaveLength(1);
    world.table.fails = false;
    world.table.rows = [];
    await world.pass(1_000);
    expect(heard.messages.at(-1)).toEqual(['change', 'e.1', [], ['a']]);
  });

  it('tells who comes back what they missed, and who has been away too long everything', async () => {
    const world = given();
    const feed = feedOf(world);
    feed.watch(new Heard(), undefined);
    await settle();
    for (let n = 1; n <= 1_002; n += 1) {
      world.table.rows = [{ callId: 'a', state: String(n) }];
      world.tell();
      await world.pass(100);
    }
    const messagesFor = async (lastId: string): Promise<unknown[][]> => {
      const heard = new Heard();
      feed.watch(heard, lastId);
      await world.pass(100);
      return heard.messages;
    };
    expect(await messagesFor('e.1000')).toEqual([['change', 'e.1001', [{ callId: 'a', state: '1001' }], []], ['change', 'e.1002', [{ callId: 'a', state: '1002' }], []]]);
    expect(await messagesFor('e.1002')).toEqual([]);
    for (const lastId of ['e.0', 'e.1', 'other.7', 'nonsense']) expect(await messagesFor(lastId)).toEqual([['snapshot', 'e.1002', [{ callId: 'a', state: '1002' }]]]);
  });
});

describe('a stream of events', () => {
  it('cuts off a client that does not read, and takes nothing more', () => {
    const events = new EventStream();
    let closed = false;
    events.onClose(() => (closed = true));
    for (let n = 0; n < 100 && !events.stream.destroyed; n += 1) events.send('change', String(n), { text: 'x'.repeat(100_000) });
    expect(events.stream.destroyed).toBe(true);
    events.send('change', '101', {});
    events.end();
    return new Promise<void>((resolve) => {
      setImmediate(() => {
        expect(closed).toBe(true);
        resolve();
      });
    });
  });

  it('beats while the key opens it, and ends when it does not any more', async () => {
    const { board, clock, fanout, alarms } = given();
    const boards = new LiveBoards([board], { fanout, clock, alarms, random: { next: () => 0.5, uuid: () => 'u' } });
    const known = { keyId: 'k', tenantId: 'acme', scopes: ['calls:read'] as const, hash: '', expiresAt: null as string | null };
    const keys = new Map([['k', known]]);
    const controller = new LiveController(boards, clock, { find: (keyId) => keys.get(keyId) }, { statusOf: () => 'active' }, new Registry());
    const access: Access = { keyId: 'k', tenantId: 'acme', scopes: known.scopes, actor: { kind: 'api-key', id: 'k' } };
    const texts: string[] = [];
    let over = false;
    const reply = {
      header: () => reply,
      type: () => reply,
      send: (stream: EventStream['stream']) => void stream.on('data', (chunk: Buffer) => texts.push(chunk.toString())).on('end', () => (over = true)),
    };
    controller.calls(access, reply as unknown as Parameters<LiveController['calls']>[1]);
    await clock.advance(15_000);
    expect(texts.join('')).toContain(': still here\n\n');
    expect(boards.watchers).toBe(1);
    keys.delete('k');
    await clock.advance(15_000);
    expect([over, boards.watchers]).toEqual([true, 0]);
  });
});
