import type { Target } from '../target.ts'

const connections = 'packages/shared/test/connections'
const api = 'apps/api/test'
const redirect = 'apps/api/test/connect/redirect'
const refreshing = [
  `${connections}/refresh.test.ts`, 'apps/worker/test/maintain/refresh-limits.test.ts', 'apps/worker/test/maintain/refresh-ahead.test.ts'
]

const refreshEquivalents = {
  '"if (provider.canRefresh === undefined) return true" → "if (false) return true"': 'the call of a function that is missing throws, and what throws counts as refreshable'
}

/** Handshakes, tokens and who may do what. */
export const accounts: Target[] = [
  { file: 'packages/shared/src/connections/lease.ts', tests: [`${connections}/lease.test.ts`], generate: true },
  { file: 'packages/shared/src/connections/refresh.ts', tests: refreshing, generate: true, equivalents: refreshEquivalents },
  {
    file: 'packages/shared/src/connections/handshakes.ts',
    tests: ['handshakes', 'handshake-browsers', 'handshake-grants'].map((name) => `${connections}/${name}.test.ts`),
    generate: true
  },
  { file: 'packages/shared/src/vault/vault.ts', tests: ['packages/shared/test/vault/vault.test.ts'], generate: true },
  { file: 'packages/shared/src/vault/keys.ts', tests: ['packages/shared/test/vault/keys.test.ts'], generate: true },
  {
    file: 'packages/shared/src/providers/guard.ts',
    tests: ['packages/shared/test/providers/guard.test.ts', 'packages/shared/test/providers/http-guard.test.ts'],
    generate: true
  },
  {
    file: 'packages/shared/src/providers/guarded-connector.ts',
    tests: ['packages/shared/test/providers/guarded-connector.test.ts', 'packages/shared/test/providers/http-guard.test.ts'],
    generate: true
  },
  {
    file: 'apps/api/src/auth/callers.ts',
    tests: [`${api}/auth/callers.test.ts`],
    generate: true,
    equivalents: {
      ['"if (callers !== undefined) admit(await identify(bearerOf(request), { ...callers, confirmsKey: true }), callers)" → ' +
      '"if (callers !== undefined) admit(await identify(bearerOf(request), { ...callers, confirmsKey: false }), callers)"']:
        'the key is looked up in the database instead of in memory, with the same result'
    }
  },
  { file: 'apps/api/src/auth/keys.ts', tests: [`${api}/auth/keys.test.ts`, `${api}/auth/callers.test.ts`], generate: true },
  { file: 'apps/api/src/auth/user-tokens.ts', tests: [`${api}/auth/callers.test.ts`], generate: true },
  { file: 'apps/api/src/auth/teams.ts', tests: [`${api}/v1/team-access.test.ts`], generate: true },
  { file: 'packages/shared/src/db/api-keys.ts', tests: ['packages/shared/test/db/api-keys.test.ts'], generate: true },
  { file: 'apps/api/src/connect/find-handshake.ts', tests: [`${redirect}/redirect.test.ts`], generate: true },
  {
    file: 'apps/api/src/connect/redirect/oauth2-way.ts',
    tests: [`${redirect}/redirect.test.ts`, `${redirect}/other-ways.test.ts`],
    generate: true
  },
  {
    file: 'apps/api/src/connect/redirect/oauth1-way.ts',
    tests: [`${redirect}/other-ways.test.ts`, `${redirect}/redirect.test.ts`],
    generate: true
  },
  {
    file: 'apps/api/src/connect/redirect/callback.ts',
    tests: [`${redirect}/redirect.test.ts`, `${redirect}/other-ways.test.ts`],
    generate: true
  }
]
