import type { FastifyInstance } from 'fastify'
import { queryOf } from '../kit/http/parameters.ts'
import { originOf } from './api.ts'
import { MastodonError } from './errors.ts'
import { PROVIDER } from './world.ts'
import type { World } from './world.ts'

/** What clients ask a server before they log in. */
export function discoveryRoutes (app: FastifyInstance, { family, limits, users, services: { hostOf } }: World): void {
  app.get('/.well-known/oauth-authorization-server', async (request) => {
    if (family() !== 'mastodon') throw new MastodonError(404, 'Not Found')
    const origin = originOf(request)
    return {
      issuer: `${origin}/`,
      authorization_endpoint: `${origin}/oauth/authorize`,
      token_endpoint: `${origin}/oauth/token`,
      revocation_endpoint: `${origin}/oauth/revoke`,
      app_registration_endpoint: `${origin}/api/v1/apps`,
      scopes_supported: ['read', 'profile', 'write', 'write:statuses', 'read:accounts', 'read:statuses'],
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post']
    }
  })

  // A name that no account has may still log in, which creates the account.
  app.get('/.well-known/webfinger', async (request, reply) => {
    const [, name, host] = /^acct:([\w.-]+)@(.+)$/.exec(queryOf(request).get('resource') ?? '') ?? []
    if (name === undefined || host !== hostOf(PROVIDER)) throw new MastodonError(404, 'Not Found')
    const href = `${originOf(request)}/users/${users.get(name)?.username ?? name.toLowerCase()}`
    return reply.type('application/jrd+json').send({ subject: `acct:${name}@${host}`, links: [{ rel: 'self', type: 'application/activity+json', href }] })
  })

  const versions = { mastodon: '4.3.2', gotosocial: '0.17.3+git-4d423102', pleroma: '2.7.2 (compatible; Pleroma 2.7.0)' }
  const sources = { mastodon: 'https://github.com/mastodon/mastodon', gotosocial: 'https://github.com/superseriousbusiness/gotosocial', pleroma: 'https://git.pleroma.social/pleroma/pleroma' }
  app.get('/api/v2/instance', async () => ({
    domain: hostOf(PROVIDER),
    title: 'Sandbox',
    version: versions[family()],
    source_url: sources[family()],
    description: 'Simulated',
    configuration: { statuses: { max_characters: limits.maxCharacters, characters_reserved_per_url: 23 } }
  }))
  app.get('/api/v1/instance', async () => ({ uri: hostOf(PROVIDER), title: 'Sandbox', version: versions[family()], max_toot_chars: limits.maxCharacters }))
}
