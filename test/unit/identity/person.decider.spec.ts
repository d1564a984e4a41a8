import { formsOfNumber } from '../../../src/identity/persons/commands/number-forms.js';
import { personDecider } from '../../../src/identity/persons/domain/person.decider.js';
import type { PersonEvent } from '../../../src/identity/persons/domain/person.events.js';
import { specify } from '../../support/decider-spec.js';

const person = specify(personDecider);
const erasure = { erasureId: 'e1', personId: 'p', kind: 'number', subjects: ['p', 'q'], recordings: ['r'] } as const;
const order = { ...erasure, reason: 'request', reference: 'T-4711' } as const;
const requested: PersonEvent = { type: 'PersonalDataErasureRequested', data: order };
const erased: PersonEvent = { type: 'PersonalDataErased', data: erasure };

describe('the erasure of a person', () => {
  it('is asked for, and over once the keys are destroyed', () => {
    person.given().when('ErasePerson', order).then(requested);
    person.given(requested).when('SettleErasure', { erasureId: 'e1' }).then(erased);
    person.given(requested, erased).when('SettleErasure', { erasureId: 'e1' }).thenNothing();
    person.given().when('SettleErasure', { erasureId: 'e1' }).thenNothing();
  });

  it('can be asked for again: who came again may be erased again', () => {
    person.given(requested, erased).when('ErasePerson', { ...order, erasureId: 'e2' }).then({ type: 'PersonalDataErasureRequested', data: { ...order, erasureId: 'e2' } });
  });

  it('keeps no name, and no reason but a known one', () => {
    for (const reference of ['Erika Mustermann', '', 'x'.repeat(65)]) person.given().when('ErasePerson', { ...order, reference }).thenRejects('invalid-reference');
    person.given().when('ErasePerson', { ...order, reason: 'because' as 'other' }).thenRejects('invalid-erasure-reason');
    person.given().when('ErasePerson', { ...order, reference: null }).then({ type: 'PersonalDataErasureRequested', data: { ...order, reference: null } });
  });
});

describe('a number', () => {
  it('is looked for in every form in which a switch may have told it, E.164 first', () => {
    const forms = ['+4917655500111', '4917655500111', '004917655500111', '0114917655500111', '17655500111', '017655500111'];
    expect(formsOfNumber('+49 176 555 00111', 'DE').slice(0, 6)).toEqual(forms);
    expect(formsOfNumber('0176/55500111', 'DE').slice(0, 6)).toEqual(forms);
    expect(formsOfNumber('+15550100', '')).toContain('+15550100');
  });

  it('that is an extension has only itself; what is no number is refused', () => {
    expect(formsOfNumber('1001', 'DE')).toContain('1001');
    expect(() => formsOfNumber('Erika; DROP', 'DE')).toThrow('this is no number');
  });
});
