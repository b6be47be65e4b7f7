import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { html } from '../../kit/pages/html.ts'
import { accepts } from '../http/accepts.ts'
import { HttpError, noSuchThing } from '../http/http-error.ts'
import { queryOf } from '../oauth/oauth-parameters.ts'
import type { Quirks } from '../oauth/quirks.ts'
import type { User } from '../store/model.ts'
import type { Objects } from '../store/objects.ts'
import { nicknameIn } from '../store/users.ts'
import type { Users } from '../store/users.ts'
import { showObject, showPerson } from './show.ts'

type Link = { rel: string, type?: string, href?: string, template?: string }

/** The addresses of the server and its users, under the requested host name. */
export function discoveryRoutes (app: FastifyInstance, users: Users, objects: Objects, quirks: Pick<Quirks, 'redirectsHostMeta'>): void {
  app.get('/.well-known/host-meta', async (request, reply) => {
    return sendLinks(request, reply, hostLinks(originOf(request)))
  })

  app.get('/.well-known/host-meta.json', async (request, reply) => {
    return quirks.redirectsHostMeta ? reply.redirect('/.well-known/host-meta', 302) : { links: hostLinks(originOf(request)) }
  })

  app.get('/.well-known/webfinger', async (request) => ({ links: linksOf(request) }))

  app.get('/api/lrdd', async (request, reply) => sendLinks(request, reply, linksOf(request)))

  function linksOf (request: FastifyRequest): Link[] {
    const { resource } = queryOf(request.url)
    if (resource === undefined) throw new HttpError(400, 'No resource parameter')
    if (typeof resource !== 'string') throw new TypeError('Parameter "url" must be a string, not array')
    const uri = !resource.includes(':') && resource.includes('@') ? `acct:${resource}` : resource
    // pump.io reads `nick@host:port` as a URI of the scheme `nick@host`, so it does not recognize the host.
    const [, scheme, host] = /^(acct):[^@/]*@([^/?#]*)/i.exec(uri) ?? /^(https?):\/\/([^/?#]*)/i.exec(uri) ?? []
    if (scheme === undefined || hostname(host ?? '') !== hostname(request.host)) throw new HttpError(404, 'Unrecognized host')
    return scheme.toLowerCase() === 'acct' ? userLinks(uri, originOf(request)) : thingLinks(uri, originOf(request))
  }

  function userLinks (uri: string, origin: string): Link[] {
    const user = users.get(nicknameIn(uri))
    if (user === undefined) throw new HttpError(404, noSuchThing('user', nicknameIn(uri)))
    return [
      { rel: 'http://webfinger.net/rel/profile-page', type: 'text/html', href: `${origin}/${user.nickname}` },
      { rel: 'dialback', href: `${origin}/api/dialback` },
      ...objectLinks(personOf(user, origin))
    ]
  }

  function thingLinks (uri: string, origin: string): Link[] {
    const [, type] = /^https?:\/\/[^/]+\/api\/([^/]*)\//.exec(uri) ?? []
    if (type === undefined) throw new HttpError(404, 'Unknown object type')
    const object = objects.byId(type, uri)
    if (object === undefined) throw new HttpError(404, noSuchThing(type, uri))
    return objectLinks(showObject(object, { viewer: undefined, origin }))
  }
}

export function originOf (request: FastifyRequest): string {
  return `http://${request.host}`
}

function hostLinks (origin: string): Link[] {
  return [
    { rel: 'lrdd', type: 'application/xrd+xml', template: `${origin}/api/lrdd?resource={uri}` },
    { rel: 'lrdd', type: 'application/json', template: `${origin}/.well-known/webfinger?resource={uri}` },
    { rel: 'registration_endpoint', href: `${origin}/api/client/register` },
    { rel: 'http://apinamespace.org/oauth/request_token', href: `${origin}/oauth/request_token` },
    { rel: 'http://apinamespace.org/oauth/authorize', href: `${origin}/oauth/authorize` },
    { rel: 'http://apinamespace.org/oauth/access_token', href: `${origin}/oauth/access_token` },
    { rel: 'dialback', href: `${origin}/api/dialback` },
    { rel: 'http://apinamespace.org/activitypub/whoami', href: `${origin}/api/whoami` }
  ]
}

/** pump.io sends JSON to clients that accept it or anything, and XML to others and without an Accept header. */
function sendLinks (request: FastifyRequest, reply: FastifyReply, links: Link[]): FastifyReply {
  const { accept } = request.headers
  if (accept !== undefined && accepts(accept, 'application/json')) return reply.send({ links })
  return reply.header('content-type', 'application/xrd+xml').send(Buffer.from(xrd(links)))
}

function xrd (links: Link[]): string {
  const lines = links.map((link) => {
    const attributes = Object.entries(link).map(([name, value]) => html`${name}="${value}"`.text)
    return `<Link ${attributes.join(' ')} />\n`
  })
  return `<?xml version='1.0' encoding='UTF-8'?>\n<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n${lines.join('')}</XRD>\n`
}

function personOf (user: User, origin: string): Record<string, unknown> {
  return showPerson(user, { viewer: undefined, origin })
}

/** An object's links, then its feeds. */
function objectLinks (json: Record<string, unknown>): Link[] {
  const links = Object.entries(json['links'] as Record<string, { href: string }>).map(([rel, { href }]) => ({ rel, href }))
  const feeds = ['replies', 'likes', 'shares', 'members', 'followers', 'following', 'favorites', 'lists'].flatMap((rel) => {
    const feed = json[rel] as { url: string } | undefined
    return feed === undefined ? [] : [{ rel, href: feed.url }]
  })
  return [...links, ...feeds]
}

/** pump.io does not compare ports. */
function hostname (host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '')
}
