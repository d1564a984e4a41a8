import { commandAnswerDtoOf, pageDtoOf } from '../../../platform/http/dto/common.dto.js';
import { Answered, ObjectField, PatternField, TextField } from '../../../platform/http/dto/fields.js';

export class TenantSettingsDto {
  @TextField({ description: 'Name of the tenant', example: 'Acme GmbH', max: 100 })
  name!: string;

  @PatternField({ description: 'Country whose way of writing numbers is assumed where a number has no plus', example: 'DE', pattern: /^[A-Z]{2}$/, shape: 'two capital letters of ISO 3166-1, such as DE' })
  country!: string;

  @TextField({ description: 'Time zone of reports, a name of the IANA database', example: 'Europe/Berlin', max: 64 })
  timeZone!: string;
}

export class CreateTenantDto {
  @PatternField({
    description: 'Id of your choice; one is made if it is left out',
    example: 'acme',
    optional: true,
    pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    shape: '1 to 63 small letters, digits and dashes, with no dash at either end',
  })
  tenantId?: string;

  @ObjectField({ description: 'What may be changed later', type: () => TenantSettingsDto })
  settings!: TenantSettingsDto;
}

export class ConfigureTenantDto {
  @ObjectField({ description: 'All settings; those that are there are replaced', type: () => TenantSettingsDto })
  settings!: TenantSettingsDto;
}

export class TenantDto {
  @Answered({ type: String, example: 'acme' })
  tenantId!: string;

  @Answered({ type: String, enum: ['active', 'retired'], example: 'active' })
  status!: 'active' | 'retired';

  @Answered({ type: TenantSettingsDto })
  settings!: TenantSettingsDto;
}

export const TenantPageDto = pageDtoOf(TenantDto);
export const TenantCommandAnswer = commandAnswerDtoOf('tenantId', 'acme');
