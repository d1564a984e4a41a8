import { agentDecider } from '../../../src/routing/agents/domain/agent.decider.js';
import type { AgentEvent, AgentSettings } from '../../../src/routing/agents/domain/agent.events.js';
import { inSeconds, specify } from '../../support/decider-spec.js';

const { given } = specify(agentDecider);
const settings: AgentSettings = { displayName: 'Ann Lee', deviceUser: '1001', address: null };
const created: AgentEvent = { type: 'AgentCreated', data: { agentId: 'ann', settings } };
const retired: AgentEvent = { type: 'AgentRetired', data: { agentId: 'ann' } };
const started = (n: number, idleSince: string | null = null, noAnswerCount = 0): AgentEvent => ({ type: 'AgentShiftStarted', data: { agentId: 'ann', shiftNumber: n, shiftId: `ann+${n}`, idleSince, noAnswerCount } });
const ended: AgentEvent = { type: 'AgentShiftEnded', data: { agentId: 'ann', shiftNumber: 1, shiftId: 'ann+1', idleSince: inSeconds(-60), noAnswerCount: 2 } };

describe('an agent', () => {
  it('is created once', () => {
    given().when('CreateAgent', { agentId: 'ann', settings }).then(created);
    given(created).when('CreateAgent', { agentId: 'ann', settings }).thenRejects('agent-exists');
  });
  it.each([
    ['invalid-display-name', { displayName: '' }],
    ['invalid-agent-device', { deviceUser: null }],
    ['invalid-agent-device', { address: 'sofia/gateway/x/+4930' }],
    ['invalid-device-user', { deviceUser: 'a b' }],
    ['invalid-agent-address', { deviceUser: null, address: 'user/1001,user/1002' }],
    ['invalid-agent-address', { deviceUser: null, address: '{a=b}user/1001' }],
  ])('is refused with %s for %j', (code, change) => {
    given().when('CreateAgent', { agentId: 'ann', settings: { ...settings, ...change } }).thenRejects(code);
    given(created).when('ConfigureAgent', { settings: { ...settings, ...change } }).thenRejects(code);
  });
  it('takes an address in place of a device', () => {
    const phone = { displayName: 'Ann Lee', deviceUser: null, address: 'sofia/gateway/carrier/+15550100;fs_path=sip:10.0.0.1:5060' };
    given(created).when('ConfigureAgent', { settings: phone }).then({ type: 'AgentConfigured', data: { agentId: 'ann', settings: phone } });
  });
  it('is configured so already', () => given(created).when('ConfigureAgent', { settings: { address: null, deviceUser: '1001', displayName: 'Ann Lee' } }).thenNothing());
  it('can be configured anew after it was erased', () => {
    const erased: AgentEvent = { type: 'AgentCreated', data: { agentId: 'ann', settings: '[erased]' as unknown as AgentSettings } };
    given(erased).when('ConfigureAgent', { settings }).then({ type: 'AgentConfigured', data: { agentId: 'ann', settings } });
  });
  it('must exist', () => {
    given().when('ConfigureAgent', { settings }).thenRejects('agent-not-found');
    given().when('RetireAgent', {}).thenRejects('agent-not-found');
    given().when('StartShift', {}).thenRejects('agent-not-found');
  });
  it('retires when signed out', () => {
    given(created).when('RetireAgent', {}).then(retired);
    given(created, retired).when('RetireAgent', {}).thenNothing();
    given(created, started(1)).when('RetireAgent', {}).thenRejects('agent-signed-in');
    given(created, retired).when('StartShift', {}).thenRejects('agent-retired');
  });
  it('has one shift open at a time, and each begins with what the one before left', () => {
    given(created).when('StartShift', {}).then(started(1));
    given(created, started(1)).when('StartShift', {}).thenNothing();
    given(created, started(1), ended).when('StartShift', {}).then(started(2, inSeconds(-60), 2));
  });
  it('ends the open shift, and none other', () => {
    const end = { shiftId: 'ann+1', idleSince: inSeconds(-60), noAnswerCount: 2 };
    given(created, started(1)).when('EndShift', end).then(ended);
    given(created, started(1), ended).when('EndShift', end).thenNothing();
    given(created, started(1), ended, started(2)).when('EndShift', end).thenNothing();
  });
});
