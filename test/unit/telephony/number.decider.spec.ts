import { numberDecider } from '../../../src/telephony/numbers/domain/number.decider.js';
import type { NumberEvent } from '../../../src/telephony/numbers/domain/number.events.js';
import { specify } from '../../support/decider-spec.js';

const { given } = specify(numberDecider);
const assign = { numberId: 'n1', number: '+15550100123', destination: { kind: 'queue' as const, queueId: 'sales' } };
const assigned: NumberEvent = { type: 'NumberAssigned', data: assign };
const retired: NumberEvent = { type: 'NumberRetired', data: { numberId: 'n1', number: assign.number } };

describe('a number', () => {
  it('is assigned once', () => {
    given().when('AssignNumber', assign).then(assigned);
    given(assigned).when('AssignNumber', assign).thenRejects('number-exists');
    given(assigned, retired).when('AssignNumber', assign).thenRejects('number-exists');
  });
  it('may be a short one of the switch', () => given().when('AssignNumber', { ...assign, number: '7000' }).then({ type: 'NumberAssigned', data: { ...assign, number: '7000' } }));
  it.each(['', '+0123456789', '+123456', '+1234567890123456', '030 1234', 'sales', '1234567890123456'])('cannot be %j', (number) => given().when('AssignNumber', { ...assign, number }).thenRejects('invalid-number'));
  it('goes somewhere', () => {
    given().when('AssignNumber', { ...assign, destination: { kind: 'queue', queueId: '' } }).thenRejects('invalid-destination');
    given(assigned).when('ConfigureNumber', { destination: { kind: 'voicemail' as never, queueId: 'x' } }).thenRejects('invalid-destination');
  });
  it('changes only what is different', () => {
    const destination = { kind: 'queue' as const, queueId: 'support' };
    given(assigned).when('ConfigureNumber', { destination }).then({ type: 'NumberConfigured', data: { numberId: 'n1', number: assign.number, destination } });
    given(assigned).when('ConfigureNumber', { destination: { queueId: 'sales', kind: 'queue' } }).thenNothing();
  });
  it('retires for good', () => {
    given(assigned).when('RetireNumber', {}).then(retired);
    given(assigned, retired).when('RetireNumber', {}).thenNothing();
    given(assigned, retired).when('ConfigureNumber', { destination: assign.destination }).thenRejects('number-retired');
  });
  it('must exist', () => {
    given().when('ConfigureNumber', { destination: assign.destination }).thenRejects('number-not-found');
    given().when('RetireNumber', {}).thenRejects('number-not-found');
  });
});
