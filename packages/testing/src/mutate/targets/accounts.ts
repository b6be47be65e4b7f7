import type { Target } from '../target.ts'

const api = 'apps/api/test'
const refreshing = [
  'apps/worker/test/delivery/refresh-once.test.ts', 'apps/worker/test/maintenance/refresh-ahead.test.ts', 'apps/worker/test/delivery/dead-token.test.ts'
]

/** Handshakes, tokens and who may do what. */
export const accounts: Target[] = [
  { file: 'packages/shared/src/connections/lease.ts', tests: refreshing, generate: true },
  { file: 'packages/shared/src/connections/refresh.ts', tests: refreshing, generate: true },
  { file: 'packages/shared/src/handshakes/handshakes.ts', tests: ['packages/shared/test/handshakes/handshakes.test.ts'], generate: true },
  { file: 'packages/shared/src/vault/vault.ts', tests: ['packages/shared/test/vault/vault.test.ts'], generate: true },
  { file: 'packages/shared/src/vault/keys.ts', tests: ['packages/shared/test/vault/keys.test.ts'], generate: true },
  {
    file: 'packages/shared/src/http/addresses/guard.ts',
    tests: ['packages/shared/test/http/addresses/guard.test.ts', 'packages/shared/test/http/http-guard.test.ts'],
    generate: true
  },
  {
    file: 'packages/shared/src/http/addresses/guarded-connector.ts',
    tests: ['packages/shared/test/http/addresses/guarded-connector.test.ts', 'packages/shared/test/http/http-guard.test.ts'],
    generate: true
  },
  { file: 'apps/api/src/auth/callers.ts', tests: [`${api}/auth/callers.test.ts`], generate: true },
  { file: 'apps/api/src/auth/keys.ts', tests: [`${api}/auth/keys.test.ts`, `${api}/auth/callers.test.ts`], generate: true },
  { file: 'apps/api/src/auth/user-tokens.ts', tests: [`${api}/auth/callers.test.ts`], generate: true },
  { file: 'apps/api/src/auth/teams.ts', tests: [`${api}/v1/teams/access.test.ts`], generate: true },
  { file: 'packages/shared/src/api-keys/api-keys.ts', tests: ['packages/shared/test/api-keys/api-keys.test.ts'], generate: true },
  { file: 'apps/api/src/pages/browser/find-handshake.ts', tests: [`${api}/handshakes/redirect/redirect.test.ts`], generate: true },
  {
    file: 'apps/api/src/handshakes/redirect/oauth2-flow.ts',
    tests: [`${api}/handshakes/redirect/redirect.test.ts`, `${api}/handshakes/redirect/other-ways.test.ts`],
    generate: true
  },
  {
    file: 'apps/api/src/handshakes/redirect/oauth1-flow.ts',
    tests: [`${api}/handshakes/redirect/other-ways.test.ts`, `${api}/handshakes/redirect/redirect.test.ts`],
    generate: true
  },
  {
    file: 'apps/api/src/handshakes/redirect/receive-callback.ts',
    tests: [`${api}/handshakes/redirect/redirect.test.ts`, `${api}/handshakes/redirect/other-ways.test.ts`],
    generate: true
  }
]
