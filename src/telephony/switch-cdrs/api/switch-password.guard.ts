import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { headerOf, type HttpRequest } from '../../../platform/http/http-request.js';
import { HttpProblem } from '../../../platform/http/problem.js';

/** The password with which switches post; null: nobody may. */
export const SWITCH_PASSWORD = Symbol('SwitchPassword');

const USER = 'switch';

/** Basic authentication of the user `switch`, compared in a time that does not depend on where it differs. */
@Injectable()
export class SwitchPasswordGuard implements CanActivate {
  constructor(@Inject(SWITCH_PASSWORD) private readonly password: string | null) {}

  canActivate(context: ExecutionContext): boolean {
    const [, given] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(headerOf(context.switchToHttp().getRequest<HttpRequest>(), 'authorization') ?? '') ?? [];
    if (this.password === null) throw refused('no-switch-password', 'switches cannot post their CDRs: TRUNKLINE_CDR_PASSWORD is not set');
    if (given !== undefined && timingSafeEqual(digest(Buffer.from(given, 'base64')), digest(Buffer.from(`${USER}:${this.password}`)))) return true;
    throw refused('wrong-switch-password', `switches post with basic authentication, as the user ${USER} with the password in TRUNKLINE_CDR_PASSWORD`);
  }
}

const digest = (text: Buffer): Buffer => createHash('sha256').update(text).digest();

const refused = (code: string, message: string): HttpProblem => new HttpProblem(401, code, message, undefined, { 'www-authenticate': 'Basic realm="trunkline"' });
