import type { Recorded, RecordedEvent } from '../../../kernel/event.js';
import type { Effect, EffectKind } from '../../../platform/effects/effect-kind.js';
import type { SubjectKeys } from '../../../platform/privacy/subject-keys.port.js';
import type { PersonEvent } from '../domain/person.events.js';

export interface ErasureWork {
  readonly tenantId: string;
  readonly erasureId: string;
  readonly subjects: readonly string[];
}

/** It is never too late to erase somebody. */
const NEVER = '9999-12-31T00:00:00.000Z';

/** Destroys the keys of a person. It can be repeated; `enabled`: whether this process does it. */
export const erasures = (keys: Pick<SubjectKeys, 'destroy'>, enabled: boolean): EffectKind<ErasureWork> => ({
  name: 'erasures',
  requestedType: 'PersonalDataErasureRequested',
  settledTypes: ['PersonalDataErased'],
  turnEnds: 'done',

  effectOf(recorded: RecordedEvent): Effect<ErasureWork> {
    const { data, metadata } = recorded as Recorded<Extract<PersonEvent, { type: 'PersonalDataErasureRequested' }>>;
    const { erasureId, personId, subjects } = data;
    return { id: erasureId, lane: personId, guarantee: 'keyed', deadlineAt: NEVER, request: { tenantId: metadata.tenantId, erasureId, subjects } };
  },

  idOf: (event) => (event.data as { readonly erasureId: string }).erasureId,
  isReady: () => enabled,
  probe: () => Promise.resolve('perform'),

  async perform({ tenantId, subjects }) {
    for (const subject of subjects) await keys.destroy(tenantId, subject);
    return { outcome: 'succeeded', detail: '' };
  },

  settleCommand: ({ id }, stream) => ({ stream, type: 'SettleErasure', data: { erasureId: id } }),
});
