import type { Target } from '../target.ts'

const api = 'apps/api/test'
const grants = 'packages/shared/test/grants'
const refreshing = [
  `${grants}/refresh.test.ts`, 'apps/worker/test/maintenance/refresh-limits.test.ts', 'apps/worker/test/maintenance/refresh-ahead.test.ts'
]

const refreshEquivalents = {
  ['"signal.addEventListener(\'abort\', abort, { once: true })" → ' +
  '"signal.addEventListener(\'abort\', abort, { once: false })"']: 'a signal aborts once',
  'drop "setMaxListeners(0, signal)"': 'the line only keeps Node.js from warning about many listeners',
  ['"if (refreshed === undefined) throw new Error(\'The provider returned no credentials\')" → ' +
  '"if (false) throw new Error(\'The provider returned no credentials\')"']: 'a provider that cannot refresh was found out before; the check is for the type',
  ['"const key = [request.grantId, request.seenVersion, request.refused !== undefined].join()" → ' +
  '"const key = [request.grantId, request.seenVersion, request.refused === undefined].join()"']: 'the two kinds of calls still have different keys',
  '"if (provider.canRefresh === undefined) return true" → "if (false) return true"': 'the call of a function that is missing throws, and what throws counts as refreshable'
}

/** Handshakes, tokens and access rights. */
export const accounts: Target[] = [
  {
    file: 'packages/shared/src/grants/lease.ts',
    tests: [`${grants}/lease.test.ts`],
    generate: true,
    equivalents: {
      '"and refresh_after is distinct from \'infinity\'`" → "`"': 'the condition saves a write of the value that is there'
    }
  },
  { file: 'packages/shared/src/grants/refresh.ts', tests: refreshing, generate: true, equivalents: refreshEquivalents },
  {
    file: 'packages/shared/src/handshakes/handshakes.ts',
    tests: ['handshakes', 'browsers', 'end-handshakes', 'obtained-grants'].map((name) => `packages/shared/test/handshakes/${name}.test.ts`),
    generate: true
  },
  { file: 'packages/shared/src/vault/vault.ts', tests: ['packages/shared/test/vault/vault.test.ts'], generate: true },
  {
    file: 'packages/shared/src/vault/keys.ts',
    tests: ['packages/shared/test/vault/keys.test.ts'],
    generate: true,
    equivalents: {
      '"if (first === undefined) throw new Error(\'has no key\')" → "if (false) throw new Error(\'has no key\')"':
        'splitting a text gives one part at least; the check is for the type'
    }
  },
  {
    file: 'packages/http/src/client/addresses/guard.ts',
    tests: ['packages/http/test/client/addresses/guard.test.ts', 'packages/http/test/client/http-guard.test.ts'],
    generate: true
  },
  {
    file: 'packages/http/src/client/addresses/guarded-connector.ts',
    tests: ['packages/http/test/client/addresses/guarded-connector.test.ts', 'packages/http/test/client/http-guard.test.ts'],
    generate: true
  },
  {
    file: 'apps/api/src/auth/callers.ts',
    tests: [`${api}/auth/watch-caller.test.ts`, `${api}/auth/callers.test.ts`, `${api}/problems/server-errors.test.ts`],
    generate: true,
    equivalents: {
      'drop "app.decorateRequest(\'caller\', null)"': 'the hook adds the property anyway; the line keeps the shape of requests the same',
      ['"if (callers !== undefined) admit(await identify(request, { ...callers, confirmsKey: true }), callers)" → ' +
      '"if (callers !== undefined) admit(await identify(request, { ...callers, confirmsKey: false }), callers)"']:
        'the key is looked up in the database instead of in memory, with the same result'
    }
  },
  { file: 'apps/api/src/auth/keys.ts', tests: [`${api}/auth/keys.test.ts`, `${api}/auth/callers.test.ts`], generate: true },
  { file: 'apps/api/src/auth/user-tokens.ts', tests: [`${api}/auth/callers.test.ts`], generate: true },
  { file: 'apps/api/src/auth/teams.ts', tests: [`${api}/v1/teams/access.test.ts`], generate: true },
  { file: 'packages/shared/src/api-keys/api-keys.ts', tests: ['packages/shared/test/api-keys/api-keys.test.ts'], generate: true },
  {
    file: 'packages/shared/src/api-keys/secrets.ts',
    tests: ['packages/shared/test/api-keys/api-keys.test.ts', 'packages/shared/test/api-keys/rotate-api-key.test.ts'],
    generate: true
  },
  { file: 'packages/shared/src/api-keys/rotate-api-key.ts', tests: ['packages/shared/test/api-keys/rotate-api-key.test.ts'], generate: true },
  { file: 'packages/shared/src/api-keys/revoke-api-key.ts', tests: ['packages/shared/test/api-keys/revoke-api-key.test.ts'], generate: true },
  { file: 'apps/api/src/v1/api-keys/rights.ts', tests: [`${api}/v1/api-keys/routes.test.ts`], generate: true },
  { file: 'apps/api/src/pages/browser/find-handshake.ts', tests: [`${api}/handshakes/redirect/redirect.test.ts`], generate: true },
  {
    file: 'apps/api/src/handshakes/redirect/oauth2-flow.ts',
    tests: ['redirect/redirect', 'redirect/token-forms', 'redirect/other-ways', 'redirect/facebook', 'finish/decide-account']
      .map((name) => `${api}/handshakes/${name}.test.ts`),
    generate: true
  },
  { file: 'apps/api/src/handshakes/redirect/provider-flow.ts', tests: [`${api}/handshakes/redirect/provider-flow.test.ts`], generate: true },
  {
    file: 'apps/api/src/handshakes/redirect/oauth1-flow.ts',
    tests: [`${api}/handshakes/redirect/other-ways.test.ts`, `${api}/handshakes/redirect/redirect.test.ts`],
    generate: true,
    equivalents: {
      ['"if (authorization === undefined) throw new Error(\'The handshake has no pending authorization\')" → ' +
      '"if (false) throw new Error(\'The handshake has no pending authorization\')"']:
        'the next line throws too, and both end the handshake with the reason `internal`'
    }
  },
  {
    file: 'apps/api/src/handshakes/redirect/receive-callback.ts',
    tests: ['redirect/receive-callback', 'redirect/redirect', 'team-handshakes', 'redirect/other-ways']
      .map((name) => `${api}/handshakes/${name}.test.ts`),
    generate: true
  }
]
