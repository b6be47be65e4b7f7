import { createHash } from 'node:crypto'
import swagger from '@fastify/swagger'
import type { FastifyInstance, FastifyPluginAsync, FastifySchema } from 'fastify'
import scalar from '@scalar/fastify-api-reference'
import { html } from '../pages/html.ts'
import { problemTable } from '../problems/problem-table.ts'
import { publicPath } from '../public-path.ts'
import type { Site } from '../services.ts'

/** Collects the OpenAPI document from the routes' schemas. Call it before any of them is added. */
export async function describeApi (app: FastifyInstance, site: Site): Promise<void> {
  await app.register(swagger, {
    transform: nameWildcard,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Carillon',
        version: '1',
        description: 'Connects the accounts of a site\'s users, and rings them. Errors are RFC 9457 problems.',
        license: { name: 'MIT', identifier: 'MIT' }
      },
      servers: [{ url: publicPath(site) || '/' }],
      tags: [
        { name: 'users', description: 'People of the site, by the site\'s own ids' },
        { name: 'teams', description: 'Groups of users with one owner, by the site\'s own ids' },
        { name: 'handshakes', description: 'Connecting an account' },
        { name: 'connections', description: 'Accounts that are connected' },
        { name: 'notifications', description: 'Messages, and what became of them' },
        { name: 'providers', description: 'The services that carry them' }
      ],
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `ck_…`, with the scope that the call names' },
          userToken: { type: 'http', scheme: 'bearer', description: 'A token of `POST /v1/user-tokens`, for one user' }
        }
      }
    }
  })
}

/** A parameter of a path in OpenAPI has a name, which the router's `*` has not. */
function nameWildcard ({ schema, url }: { schema: FastifySchema, url: string }): { schema: FastifySchema, url: string } {
  const { '*': wildcard, ...properties } = Object(Object(schema?.params).properties)
  if (!url.endsWith('/*') || wildcard === undefined) return { schema, url }
  const names = Object.keys(properties)
  const params = { type: 'object', required: [...names, 'path'], properties: { ...properties, path: wildcard } }
  return { schema: { ...schema, params }, url: url.replace(/\*$/, ':path') }
}

/** `/openapi.json`, the reference on `/docs`, and the page that every problem's `type` points to. */
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
    app.get('/problems', { schema: { hide: true } }, async (_request, reply) => reply.type('text/html; charset=utf-8').send(problemsPage))
    await app.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        url: '../openapi.json',
        pageTitle: 'Carillon API',
        // What would call on other hosts, or offers to.
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
        showDeveloperTools: 'never',
        agent: { disabled: true }
      }
    })
  }
}

/** Scripts of our own and the page's one inline script, by its hash. The reference brings its styles as it runs. */
function policyOf (page: string): string {
  const hashes = [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)]
    .map(([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  return [
    "default-src 'none'", `script-src 'self' ${hashes.join(' ')}`, "style-src 'self' 'unsafe-inline'", "connect-src 'self'",
    "img-src 'self' data: blob:", "font-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"
  ].join(';')
}

const problemsPage = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Problems</title></head>
<body>
  <h1>Problems</h1>
  <p>What the <code>code</code> of an error means. What is wrong with one request is in its <code>detail</code>.</p>
  <dl>${Object.entries(problemTable).map(([code, { status, title }]) => html`
    <dt id="${code}"><code>${code}</code> (${status})</dt><dd>${title}.</dd>`)}
  </dl>
</body>
</html>
`.text
