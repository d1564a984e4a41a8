import { notFound } from '../../../kernel/checks.js';
import type { CommandMeta } from '../../../kernel/command.js';
import { DomainError } from '../../../kernel/errors.js';
import { streamOf } from '../../../kernel/streams.js';
import type { CommandExecutor, CommandResult } from '../../../platform/event-store/command-executor.js';
import { deterministicId } from '../../../platform/event-store/deterministic-ids.js';
import type { SubjectKeys } from '../../../platform/privacy/subject-keys.port.js';
import type { RoutingConfiguration } from '../../../routing/ports/routing-configuration.port.js';
import type { PersonNamed, PersonRecordings } from '../../ports/persons.port.js';
import { personDecider } from '../domain/person.decider.js';
import type { ErasureReason, PersonKind } from '../domain/person.events.js';
import { formsOfNumber } from './number-forms.js';

export interface PersonEraserParts {
  readonly keys: SubjectKeys;
  readonly executor: CommandExecutor;
  readonly recordings: PersonRecordings;
  readonly agents: Pick<RoutingConfiguration, 'agent'>;
  /** Country whose way of writing numbers counts for the tenant; empty where it is not known. */
  readonly countryOf: (tenantId: string) => string;
  /** Whether the read models have everything that was in the log at the call. */
  readonly caughtUp: () => Promise<boolean>;
}

export interface ErasureOrder {
  readonly person: PersonNamed;
  readonly reason: ErasureReason;
  readonly reference: string | null;
}

export interface ErasureAsked {
  readonly result: CommandResult;
  readonly erasureId: string;
  readonly personId: string;
  readonly subjects: readonly string[];
  readonly recordings: readonly string[];
}

interface Found {
  readonly kind: PersonKind;
  readonly personId: string;
  readonly subjects: readonly string[];
}

/** Finds under which ids a person was recorded, and asks for their erasure. */
export class PersonEraser {
  constructor(private readonly parts: PersonEraserParts) {}

  /** Throws DomainError `person-not-found` where nothing is known of them, `read-models-behind` while it cannot be told which recordings are theirs. */
  async erase({ person, reason, reference }: ErasureOrder, meta: CommandMeta): Promise<ErasureAsked> {
    const { executor, recordings: recorded, caughtUp } = this.parts;
    const { tenantId } = meta;
    if (!(await caughtUp())) throw new DomainError('unavailable', 'read-models-behind', 'the read models are behind the log, so it cannot be told which recordings are of this person; send the same request again in a while');
    const { kind, personId, subjects } = 'number' in person ? this.ofNumber(tenantId, person.number) : await this.ofAgent(tenantId, person.agentId);
    const erasureId = deterministicId(meta.commandId, 'erasure');
    const stream = streamOf('person', personId);
    // The same request again: by now nothing may be known of them.
    const asked = (await executor.load(personDecider, stream)).state.erasures.find((erasure) => erasure.erasureId === erasureId);
    // What an agent recorded is of the callers; it goes with them.
    const recordings = asked?.recordings ?? (kind === 'agent' ? [] : await recorded.recordingsOf(tenantId, subjects));
    if (asked === undefined && recordings.length === 0 && kind === 'number' && !(await this.isKnown(tenantId, subjects))) throw notFound('person-not-found', 'nothing is known of whoever has this number, or not any more');
    const data = { erasureId, personId, kind, subjects, recordings, reason, reference };
    return { result: await executor.execute(personDecider, stream, { type: 'ErasePerson', data, meta }), erasureId, personId, subjects, recordings };
  }

  private ofNumber(tenantId: string, number: string): Found {
    const { keys, countryOf } = this.parts;
    const subjects = formsOfNumber(number, countryOf(tenantId)).map((form) => keys.personId(tenantId, form));
    return { kind: 'number', personId: subjects[0] ?? '', subjects };
  }

  /** With an agent goes the telephone that is theirs. */
  private async ofAgent(tenantId: string, agentId: string): Promise<Found> {
    const agent = await this.parts.agents.agent(tenantId, agentId);
    if (agent === undefined) throw notFound('agent-not-found', 'there is no such agent');
    const { deviceUser = null, address = null } = agent.settings ?? {};
    const dialled = [deviceUser, address?.split('/').at(-1)?.split('@')[0] ?? null].filter((number) => number !== null && number !== '');
    const phones = dialled.flatMap((number) => (/^[+0-9A-Za-z*#._-]{1,64}$/.test(number ?? '') ? this.ofNumber(tenantId, number ?? '').subjects : []));
    return { kind: 'agent', personId: agentId, subjects: [...new Set([agentId, ...phones])] };
  }

  private async isKnown(tenantId: string, subjects: readonly string[]): Promise<boolean> {
    for (const subject of subjects) if ((await this.parts.keys.liveKeyId(tenantId, subject)) !== undefined) return true;
    return false;
  }
}
