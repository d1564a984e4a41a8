import type { Command } from '../../../kernel/command.js';
import { conflict, invalid, notFound, requireText, sameJson } from '../../../kernel/checks.js';
import type { Decider } from '../../../kernel/decider.js';
import { tenantEventSpecs, type TenantEvent, type TenantSettings } from './tenant.events.js';

export type TenantCommand =
  | Command<'CreateTenant', { readonly tenantId: string; readonly settings: TenantSettings }>
  | Command<'ConfigureTenant', { readonly settings: TenantSettings }>
  /** The tenant's keys stop working and its numbers are not served any more; what happened stays on record. */
  | Command<'RetireTenant', Record<string, never>>;

export interface TenantState {
  readonly status: 'none' | 'active' | 'retired';
  readonly tenantId: string;
  readonly settings: TenantSettings | null;
}

const isTimeZone = (name: string): boolean => {
  try {
    return name !== '' && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

const checkSettings = ({ name, country, timeZone }: TenantSettings): void => {
  requireText('invalid-tenant-name', 'the name of the tenant', name, 100);
  if (!/^[A-Z]{2}$/.test(country)) throw invalid('invalid-country', 'country must be two capital letters of ISO 3166-1, such as DE');
  if (!isTimeZone(timeZone)) throw invalid('invalid-time-zone', 'timeZone must be a name of the IANA time zone database, such as Europe/Berlin');
};

const requireActive = (state: TenantState): void => {
  if (state.status === 'none') throw notFound('tenant-not-found', 'there is no such tenant; create it first');
  if (state.status === 'retired') throw conflict('tenant-retired', 'the tenant is retired and cannot be changed any more');
};

export const tenantDecider: Decider<TenantState, TenantCommand, TenantEvent> = {
  category: 'tenant',
  version: 1,
  eventTypes: Object.keys(tenantEventSpecs) as TenantEvent['type'][],
  initialState: { status: 'none', tenantId: '', settings: null },
  decide: (command, state) => {
    const { tenantId } = state;
    switch (command.type) {
      case 'CreateTenant':
        if (state.status !== 'none') throw conflict('tenant-exists', 'a tenant with this id exists already; configure it or choose another id');
        if (command.data.tenantId !== command.meta.tenantId) throw invalid('foreign-tenant', 'a tenant is created under its own id');
        checkSettings(command.data.settings);
        return [{ type: 'TenantCreated', data: command.data }];
      case 'ConfigureTenant': {
        requireActive(state);
        const { settings } = command.data;
        checkSettings(settings);
        return sameJson({ ...settings }, state.settings === null ? null : { ...state.settings }) ? [] : [{ type: 'TenantConfigured', data: { tenantId, settings } }];
      }
      case 'RetireTenant':
        if (state.status === 'retired') return [];
        requireActive(state);
        return [{ type: 'TenantRetired', data: { tenantId } }];
      default:
        command satisfies never;
        return [];
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'TenantCreated':
        return { status: 'active', ...event.data };
      case 'TenantConfigured':
        return { ...state, settings: event.data.settings };
      case 'TenantRetired':
        return { ...state, status: 'retired' };
      default:
        event satisfies never;
        return state;
    }
  },
};
