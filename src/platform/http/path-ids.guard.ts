import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ID_PATTERN } from './dto/fields.js';
import type { HttpRequest } from './http-request.js';
import { HttpProblem } from './problem.js';

/** What stands in a path is an id; anything else is found nowhere, and is not let through to where streams and tables have names. */
@Injectable()
export class PathIdsGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { params } = context.switchToHttp().getRequest<HttpRequest>();
    if (Object.values(params).every((id) => ID_PATTERN.test(id))) return true;
    throw new HttpProblem(404, 'not-found', 'there is nothing with this id; ids have 1 to 100 letters, digits, dots, underscores, pluses or dashes');
  }
}
