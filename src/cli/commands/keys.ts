import { DECIDERS } from '../../engine/domain.js';
import { apiKeyEventSpecs, type Scope } from '../../identity/contract/identity-events.js';
import { ApiKeyDirectoryFold } from '../../identity/api-keys/directory/api-key-directory.fold.js';
import { tenantDecider } from '../../identity/tenants/domain/tenant.decider.js';
import type { ApiKeyView } from '../../identity/ports/identity-directory.port.js';
import { isoTime, msOf } from '../../kernel/clock.js';
import { streamOf } from '../../kernel/streams.js';
import { SYSTEM_TENANT } from '../../kernel/tenants.js';
import { CommandDispatcher } from '../../platform/event-store/command-dispatcher.js';
import { CommandExecutor } from '../../platform/event-store/command-executor.js';
import { newApiKey } from '../../platform/http/access/api-key.js';
import { SCOPES } from '../../platform/http/access/scope.js';
import { AsOperator } from '../as-operator.js';
import { OperatorError } from '../shared/operator-error.js';
import { atWorkplace, type Environment, type Workplace } from '../shared/workplace.js';

export interface KeyOptions {
  readonly operator?: true;
  readonly tenant?: string;
  readonly scope?: readonly string[];
  readonly name: string;
  readonly expires?: string;
}

const PAGE = 1_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const operatorOf = ({ log, clock, random }: Workplace, tenantId: string): AsOperator => new AsOperator(new CommandDispatcher(new CommandExecutor(log), DECIDERS), clock, random, tenantId);

const scopesOf = ({ operator, scope = [] }: KeyOptions): readonly Scope[] => {
  if (operator === true) return ['operator'];
  const wrong = scope.filter((name) => !SCOPES.some((known) => known === name));
  if (wrong.length > 0) throw new OperatorError(`there is no scope ${wrong.join(', ')}; there are: ${SCOPES.join(', ')}`, 2);
  return [...new Set(scope)] as Scope[];
};

const expiryOf = (text: string | undefined): string | null => {
  if (text === undefined) return null;
  if (Number.isNaN(msOf(text))) throw new OperatorError(`--expires is '${text}'; expected a time such as 2030-01-31T00:00:00Z`, 2);
  return isoTime(msOf(text));
};

/** Makes a key and prints it: the only time that anybody sees it. */
export const createKey = (env: Environment, options: KeyOptions): Promise<void> => {
  if ((options.operator === true) === (options.tenant !== undefined)) throw new OperatorError('say whose key it is: either --operator, or --tenant with the tenant’s id', 2);
  const scopes = scopesOf(options);
  if (scopes.length === 0) throw new OperatorError(`say what the key may do: --scope with one or more of ${SCOPES.filter((scope) => scope !== 'operator').join(', ')}`, 2);
  if (options.operator !== true && scopes.includes('operator')) throw new OperatorError('a tenant’s key cannot have the scope operator; leave --tenant out and say --operator', 2);
  const expiresAt = expiryOf(options.expires);
  const tenantId = options.tenant ?? SYSTEM_TENANT;
  return atWorkplace(env, async (place) => {
    if (options.tenant !== undefined) await requireTenant(place, options.tenant);
    const keyId = place.random.uuid();
    const { key, hash } = newApiKey(keyId);
    await operatorOf(place, tenantId).do('apiKey', keyId, 'IssueApiKey', { keyId, tenantId, name: options.name, scopes, hash, expiresAt });
    process.stderr.write(`This key is shown once and kept nowhere (tenant ${tenantId}, scopes ${scopes.join(', ')}):\n`);
    say(key);
  });
};

const requireTenant = async ({ log }: Workplace, tenantId: string): Promise<void> => {
  const { state } = await new CommandExecutor(log).load(tenantDecider, streamOf('tenant', tenantId));
  if (state.status === 'none') throw new OperatorError(`there is no tenant ${tenantId}; make it first with an operator's key: POST /v1/tenants`);
  if (state.status === 'retired') throw new OperatorError(`the tenant ${tenantId} is retired; its keys would open nothing`);
};

const directoryOf = async ({ log }: Workplace): Promise<{ readonly directory: ApiKeyDirectoryFold; readonly tenants: ReadonlySet<string> }> => {
  const directory = new ApiKeyDirectoryFold();
  const tenants = new Set<string>();
  for (let after = 0n; ; ) {
    const page = await log.store.readAll({ after, maxCount: PAGE, filter: { types: Object.keys(apiKeyEventSpecs) } });
    for (const event of await log.decode(page)) {
      directory.apply(event);
      tenants.add(event.metadata.tenantId);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return { directory, tenants };
    after = last.position;
  }
};

const lineOf = ({ keyId, tenantId, name, scopes, status, issuedAt, expiresAt }: ApiKeyView): string =>
  [keyId, tenantId.padEnd(20), status.padEnd(8), issuedAt, (expiresAt ?? 'never').padEnd(24), scopes.join(','), name].join('  ');

/** Prints the keys of a tenant, or of all, without their secrets. */
export const listKeys = (env: Environment, tenantId: string | undefined): Promise<void> =>
  atWorkplace(env, async (place) => {
    const { directory, tenants } = await directoryOf(place);
    const keys = [...tenants].sort().flatMap((each) => (tenantId === undefined || tenantId === each ? directory.keysOf(each) : []));
    if (keys.length === 0) say('There are no keys; make one with: trunkline keys create --operator');
    for (const key of keys) say(lineOf(key));
  });

/** The key opens nothing any more, in every process, within moments. */
export const revokeKey = (env: Environment, keyId: string, reason: string): Promise<void> =>
  atWorkplace(env, async (place) => {
    const key = (await directoryOf(place)).directory.key(keyId);
    if (key === undefined) throw new OperatorError(`there is no key ${keyId}; trunkline keys list shows those that there are`);
    await operatorOf(place, key.tenantId).do('apiKey', keyId, 'RevokeApiKey', { reason });
    say(key.status === 'revoked' ? `The key ${keyId} was revoked already.` : `The key ${keyId} is revoked.`);
  });
