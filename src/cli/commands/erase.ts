import { CallHistoryQueries } from '../../../projections/call-history/call-history.queries.js';
import { callHistory } from '../../../projections/call-history/call-history.projection.js';
import { ConfigurationQueries } from '../../../projections/configuration/configuration.queries.js';
import { configuration } from '../../../projections/configuration/configuration.projection.js';
import { readModels } from '../../../projections/read-models.js';
import { ERASURE_REASONS, type ErasureReason } from '../../identity/contract/person-events.js';
import { PersonEraser } from '../../identity/persons/commands/person-eraser.js';
import { personDecider } from '../../identity/persons/domain/person.decider.js';
import { tenantDecider } from '../../identity/tenants/domain/tenant.decider.js';
import { isoTime } from '../../kernel/clock.js';
import { streamOf } from '../../kernel/streams.js';
import { CommandExecutor } from '../../platform/event-store/command-executor.js';
import { deterministicId } from '../../platform/event-store/deterministic-ids.js';
import { rewriteWhatIsLeft } from '../../platform/privacy/what-is-left.js';
import { SealedRows } from '../../platform/privacy/sealed-text.js';
import { waitForProjection } from '../../platform/subscriptions/projection-engine.js';
import { OperatorError } from '../shared/operator-error.js';
import { atWorkplace, type Environment } from '../shared/workplace.js';

export interface EraseOptions {
  readonly tenant: string;
  readonly number?: string;
  readonly agent?: string;
  readonly reason: string;
  readonly reference?: string;
  readonly thorough?: true;
}

const READ_MODELS_MS = 10_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const reasonOf = (reason: string): ErasureReason => {
  const known = ERASURE_REASONS.find((each) => each === reason);
  if (known === undefined) throw new OperatorError(`--reason must be one of ${ERASURE_REASONS.join(', ')}`, 2);
  return known;
};

const personOf = ({ number, agent }: EraseOptions): { readonly number: string } | { readonly agentId: string } => {
  if (number !== undefined && agent === undefined) return { number };
  if (agent !== undefined && number === undefined) return { agentId: agent };
  throw new OperatorError('name one person: --number or --agent', 2);
};

/** Erases a person at once, whether or not Trunkline runs; running processes let go of what they know, and delete the recordings. */
export const erasePerson = (env: Environment, options: EraseOptions): Promise<void> =>
  atWorkplace(env, async ({ log, clock, random, storage, projections }) => {
    const [person, reason] = [personOf(options), reasonOf(options.reason)];
    const { tenant: tenantId, reference = null } = options;
    const executor = new CommandExecutor(log);
    const { state: tenant } = await executor.load(tenantDecider, streamOf('tenant', tenantId));
    const sealed = new SealedRows(log.keys);
    const eraser = new PersonEraser({
      keys: log.keys, executor,
      recordings: new CallHistoryQueries(storage.database, sealed),
      agents: new ConfigurationQueries(storage.database, sealed),
      countryOf: () => tenant.settings?.country ?? '',
      caughtUp: async () => {
        const head = await log.store.head();
        const there = await Promise.all([callHistory, configuration].map(({ name }) => waitForProjection(projections, clock, name, head, READ_MODELS_MS)));
        return there.every((each) => each);
      },
    });
    const commandId = random.uuid();
    const meta = { commandId, tenantId, at: isoTime(clock.now()), actor: { kind: 'operator' as const, id: 'cli' }, correlationId: commandId, causationId: commandId };
    const { erasureId, personId, subjects, recordings } = await eraser.erase({ person, reason, reference }, meta);
    for (const subject of subjects) await log.keys.destroy(tenantId, subject);
    await executor.execute(personDecider, streamOf('person', personId), { type: 'SettleErasure', data: { erasureId }, meta: { ...meta, commandId: deterministicId(commandId, 'settle'), causationId: commandId } });
    say(`Erased: person ${personId} of tenant ${tenantId} (erasure ${erasureId}).`);
    if (recordings.length > 0) say(`${recordings.length} recordings are deleted by the media role of each host; GET /v1/recordings tells how far it is.`);
    if (options.thorough !== true) return;
    for (const { name, tables } of readModels) await projections.dropOldVersions(name, tables.map((table) => table.name));
    for (const line of await rewriteWhatIsLeft(storage.database, clock)) say(line);
  });
