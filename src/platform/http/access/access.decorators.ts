import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { CommandMeta } from '../../../kernel/command.js';
import type { HttpRequest } from '../http-request.js';
import type { Access } from './access.js';
import type { Scope } from './scope.js';

export const SCOPES_KEY = 'trunkline:scopes';
export const PUBLIC_KEY = 'trunkline:public';

/** Where the documentation of a route tells its scopes. */
export const SCOPES_EXTENSION = 'x-scopes';

/** The route, or all routes of the controller, need a key with any one of these scopes. */
export const Scopes = (...scopes: readonly Scope[]): ClassDecorator & MethodDecorator => applyDecorators(SetMetadata(SCOPES_KEY, scopes), ApiExtension(SCOPES_EXTENSION, [...scopes]));

/** The route needs no API key. */
export const Public = (): ClassDecorator & MethodDecorator => SetMetadata(PUBLIC_KEY, true);

/** Parameter: who asks, and for which tenant. */
export const CurrentAccess = createParamDecorator((_data: unknown, context: ExecutionContext): Access => {
  const { access } = context.switchToHttp().getRequest<HttpRequest>();
  if (access === undefined) throw new Error('a public route has no access');
  return access;
});

/** Parameter: the circumstances of the command that the request makes. */
export const Meta = createParamDecorator((_data: unknown, context: ExecutionContext): CommandMeta => {
  const { commandMeta } = context.switchToHttp().getRequest<HttpRequest>();
  if (commandMeta === undefined) throw new Error('only a POST, PUT, PATCH or DELETE with a key makes commands');
  return commandMeta;
});
