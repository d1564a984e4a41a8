import { tenantDecider } from '../../../src/identity/tenants/domain/tenant.decider.js';
import type { TenantEvent } from '../../../src/identity/tenants/domain/tenant.events.js';
import { specify } from '../../support/decider-spec.js';

const { given } = specify(tenantDecider);
const settings = { name: 'Acme', country: 'DE', timeZone: 'Europe/Berlin' };
const created: TenantEvent = { type: 'TenantCreated', data: { tenantId: 'acme', settings } };
const retired: TenantEvent = { type: 'TenantRetired', data: { tenantId: 'acme' } };

describe('a tenant', () => {
  it('is created once, under its own id', () => {
    given().when('CreateTenant', { tenantId: 'acme', settings }).then(created);
    given(created).when('CreateTenant', { tenantId: 'acme', settings }).thenRejects('tenant-exists');
    given().when('CreateTenant', { tenantId: 'other', settings }).thenRejects('foreign-tenant');
  });
  it.each([
    ['invalid-tenant-name', { name: '' }],
    ['invalid-country', { country: 'Germany' }],
    ['invalid-time-zone', { timeZone: 'Europe/Atlantis' }],
    ['invalid-time-zone', { timeZone: '' }],
  ])('is refused with %s for %j', (code, change) => {
    given().when('CreateTenant', { tenantId: 'acme', settings: { ...settings, ...change } }).thenRejects(code);
    given(created).when('ConfigureTenant', { settings: { ...settings, ...change } }).thenRejects(code);
  });
  it('changes only what is different', () => {
    given(created).when('ConfigureTenant', { settings: { ...settings, country: 'AT' } }).then({ type: 'TenantConfigured', data: { tenantId: 'acme', settings: { ...settings, country: 'AT' } } });
    given(created).when('ConfigureTenant', { settings: { ...settings } }).thenNothing();
  });
  it('retires for good', () => {
    given(created).when('RetireTenant', {}).then(retired);
    given(created, retired).when('RetireTenant', {}).thenNothing();
    given(created, retired).when('ConfigureTenant', { settings }).thenRejects('tenant-retired');
  });
  it('must exist', () => {
    given().when('ConfigureTenant', { settings }).thenRejects('tenant-not-found');
    given().when('RetireTenant', {}).thenRejects('tenant-not-found');
  });
});
