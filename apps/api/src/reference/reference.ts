import { createHash } from 'node:crypto'
import swagger from '@fastify/swagger'
import type { FastifyContextConfig, FastifyInstance, FastifyPluginAsync, FastifySchema } from 'fastify'
import scalar from '@scalar/fastify-api-reference'
import { problemsOf } from '../problems/route-problems.ts'
import { sendPage } from '../pages/page.ts'
import { publicPath } from '../public-path.ts'
import type { Site } from '../services.ts'
import { addExamples } from './add-examples.ts'
import { introduction } from './introduction.ts'
import { nameSchemas } from './name-schemas.ts'
import { documentProblems } from './problem-responses.ts'
import { problemsContent } from './problems-page.ts'

/** Generates the OpenAPI document from the schemas of the routes. Call it before you add routes. */
export async function describeApi (app: FastifyInstance, site: Site): Promise<void> {
  await app.register(swagger, {
    transform: ({ schema, url, route }) => {
      const documented = documentCallers(documentProblems(schema, problemsOf(route)), route.config)
      return nameWildcard({ schema: documented, url })
    },
    transformObject: (document) => 'openapiObject' in document ? addExamples(nameSchemas(document.openapiObject)) : document.swaggerObject,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Carillon',
        version: '1',
        description: introduction,
        license: { name: 'MIT', identifier: 'MIT' }
      },
      servers: [{ url: publicPath(site) || '/' }],
      tags: [
        { name: 'users', description: 'The users of your site, by your ids' },
        { name: 'teams', description: 'Groups of users with one owner, by your ids' },
        { name: 'handshakes', description: 'Authorizations in progress: a user connects an account' },
        { name: 'connections', description: 'Connected accounts of users and teams' },
        { name: 'notifications', description: 'Messages and their deliveries' },
        { name: 'events', description: 'What happened, and the URLs of your site that receive events' },
        { name: 'providers', description: 'The services that deliver notifications' },
        { name: 'keys', description: 'API keys: create, rotate and revoke them' },
        { name: 'status', description: 'The state of the deployment' }
      ],
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `ck_…`, with the scope of the call' },
          userToken: { type: 'http', scheme: 'bearer', description: 'A token for one user, from `POST /v1/user-tokens`' }
        }
      }
    }
  })
}

function documentCallers (schema: FastifySchema, { callers }: FastifyContextConfig = {}): FastifySchema {
  const { scope, user } = callers ?? {}
  const credentials = [
    ...scope === undefined ? [] : [`With an API key: scope \`${scope}\`.`], ...user === true ? ['With a user token.'] : []
  ]
  const description = [schema.description, ...credentials].filter((part) => part !== undefined).join(' ')
  return description === '' ? schema : { ...schema, description }
}

/** Path parameters have names in OpenAPI, and the router's `*` has none. */
function nameWildcard ({ schema, url }: { schema: FastifySchema, url: string }): { schema: FastifySchema, url: string } {
  const { '*': wildcard, ...properties } = Object(Object(schema?.params).properties)
  if (!url.endsWith('/*') || wildcard === undefined) return { schema, url }
  const names = Object.keys(properties)
  const params = { type: 'object', required: [...names, 'path'], properties: { ...properties, path: wildcard } }
  return { schema: { ...schema, params }, url: url.replace(/\*$/, ':path') }
}

/** `/openapi.json`, the reference at `/docs`, and the page of problems that their `type` links to. */
export function reference (site: Site): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onSend', async (_request, reply, payload) => {
      reply.header('x-content-type-options', 'nosniff')
      const location = String(reply.getHeader('location') ?? '')
      if (location.startsWith('/')) reply.header('location', `${publicPath(site)}${location}`)
      if (typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')) {
        reply.header('content-security-policy', policyOf(payload)).header('referrer-policy', 'no-referrer')
      }
      return payload
    })
    app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs/'))
    app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
    app.get('/problems', { schema: { hide: true } }, async (_request, reply) =>
      sendPage(reply, 200, { title: 'Problems', publicUrl: site.publicUrl, content: problemsContent, isWide: true }))
    await app.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        url: '../openapi.json',
        pageTitle: 'Carillon API',
        // These features would make requests to other hosts.
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
        showDeveloperTools: 'never',
        agent: { disabled: true }
      }
    })
  }
}

/** Allows our scripts and the inline script of the page, by its hash. The reference adds its styles at run time. */
function policyOf (page: string): string {
  const hashes = [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)]
    .map(([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  return [
    "default-src 'none'", `script-src 'self' ${hashes.join(' ')}`, "style-src 'self' 'unsafe-inline'", "connect-src 'self'",
    "img-src 'self' data: blob:", "font-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"
  ].join(';')
}
