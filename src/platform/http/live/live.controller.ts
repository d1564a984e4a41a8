import { type BeforeApplicationShutdown, Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Registry } from 'prom-client';
import type { Clock, Timer } from '../../../kernel/clock.js';
import { msOf } from '../../../kernel/clock.js';
import type { Access } from '../access/access.js';
import { CurrentAccess, Scopes } from '../access/access.decorators.js';
import { API_KEY_DIRECTORY, type ApiKeyDirectory, TENANT_STATUSES, type TenantStatuses } from '../access/api-key-directory.port.js';
import type { HttpReply } from '../http-request.js';
import { CLOCK, METRICS } from '../tokens.js';
import { gauge, serveMeasures } from '../../observability/measures.js';
import { EventStream, MAX_WAITING } from './event-stream.js';
import type { LiveBoard } from './live-board.port.js';
import { LiveBoards, MAX_WATCHERS } from './live-boards.js';

const BEAT_MS = 15_000;

const HOW = `Server-sent events. First \`snapshot\` with all rows (\`{"rows": [...], "complete": true}\`), then \`change\` with the rows that are different and the keys
of those that are gone (\`{"changed": [...], "removed": [...]}\`). Who comes back with the header \`Last-Event-ID\` is told the changes since, if
they are still known, else a new snapshot. Every 15 s there is a comment. A client that does not read is cut off.`;

const streams = { content: { 'text/event-stream': { schema: { type: 'string' } } } } as const;
const lastEventId = { name: 'Last-Event-ID', required: false, description: 'The `id` of the last event that was received' } as const;

/** Boards that change while one looks at them. */
@ApiTags('live')
@Controller('v1/live')
export class LiveController implements BeforeApplicationShutdown {
  private readonly streams = new Set<EventStream>();

  constructor(
    private readonly boards: LiveBoards,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(API_KEY_DIRECTORY) private readonly keys: ApiKeyDirectory,
    @Inject(TENANT_STATUSES) private readonly tenants: TenantStatuses,
    @Inject(METRICS) metrics: Registry,
  ) {
    serveMeasures(metrics, [
      gauge('trunkline_live_watchers', 'Who watches a board now', [], () => [[this.streams.size]]),
      gauge('trunkline_live_watchers_limit', 'Most who may watch a board in this process', [], () => [[MAX_WATCHERS]]),
      gauge('trunkline_live_waiting_bytes', 'What waits for the watcher who reads slowest', [], () => [[Math.max(0, ...[...this.streams].map(({ waitingBytes }) => waitingBytes))]]),
      gauge('trunkline_live_waiting_bytes_limit', 'A watcher for whom more waits is cut off', [], () => [[MAX_WAITING]]),
    ]);
  }

  @Get('calls')
  @Scopes('calls:read')
  @ApiOperation({ summary: 'Watch the calls that go on', description: HOW })
  @ApiHeader(lastEventId)
  @ApiOkResponse(streams)
  calls(@CurrentAccess() access: Access, @Res() reply: HttpReply, @Headers('last-event-id') lastId?: string): void {
    this.open('calls', access, reply, lastId);
  }

  @Get('agents')
  @Scopes('calls:read', 'agents:write', 'reports:read')
  @ApiOperation({ summary: 'Watch what agents are doing', description: HOW })
  @ApiHeader(lastEventId)
  @ApiOkResponse(streams)
  agents(@CurrentAccess() access: Access, @Res() reply: HttpReply, @Headers('last-event-id') lastId?: string): void {
    this.open('agents', access, reply, lastId);
  }

  @Get('queues')
  @Scopes('calls:read', 'agents:write', 'reports:read')
  @ApiOperation({ summary: 'Watch who waits in the queues', description: HOW })
  @ApiHeader(lastEventId)
  @ApiOkResponse(streams)
  queues(@CurrentAccess() access: Access, @Res() reply: HttpReply, @Headers('last-event-id') lastId?: string): void {
    this.open('queues', access, reply, lastId);
  }

  /** A server that waits for its connections to end would wait for these for ever. */
  beforeApplicationShutdown(): void {
    this.boards.close();
  }

  private open(name: LiveBoard['name'], access: Access, reply: HttpReply, lastId: string | undefined): void {
    const events = new EventStream();
    const watcher = {
      onSnapshot: ({ id, rows, complete }: { readonly id: string; readonly rows: readonly object[]; readonly complete: boolean }) => events.send('snapshot', id, { rows, complete }),
      onChange: ({ id, changed, removed }: { readonly id: string; readonly changed: readonly object[]; readonly removed: readonly string[] }) => events.send('change', id, { changed, removed }),
    };
    const leave = this.boards.watch(name, access.tenantId, watcher, lastId, () => events.end());
    this.streams.add(events);
    let timer: Timer | undefined;
    const beat = (): void => {
      // A key that opens nothing any more shows nothing any more.
      if (!this.stillOpens(access)) return events.end();
      events.beat();
      timer = this.clock.after(BEAT_MS, beat);
    };
    timer = this.clock.after(BEAT_MS, beat);
    events.onClose(() => {
      timer?.cancel();
      this.streams.delete(events);
      leave();
    });
    reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no').type('text/event-stream; charset=utf-8').send(events.stream);
  }

  private stillOpens({ keyId, tenantId }: Access): boolean {
    const key = this.keys.find(keyId);
    return key !== undefined && (key.expiresAt === null || msOf(key.expiresAt) > this.clock.now()) && this.tenants.statusOf(key.tenantId) === 'active' && this.tenants.statusOf(tenantId) === 'active';
  }
}
