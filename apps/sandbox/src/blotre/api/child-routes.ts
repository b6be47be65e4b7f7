import type { FastifyInstance } from 'fastify'
import { queryOf } from '../../kit/http/parameters.ts'
import { notFound, notPermitted, unprocessable } from '../http/blotre-error.ts'
import { authenticate, userOf } from '../oauth/authenticate.ts'
import { toQuery } from '../store/names.ts'
import { MAX_CHILDREN } from '../store/streams.ts'
import type { World } from '../world.ts'
import { showStream } from './show.ts'
import type { IdParams } from './stream-routes.ts'

interface ChildParams {
  Params: { id: string, childId: string }
}

/** The children of a stream are the streams below it and the streams that are linked to it. */
export function childRoutes (app: FastifyInstance, world: World): void {
  const { streams, streams: { links } } = world
  const authorized = { preHandler: authenticate(world) }

  app.get<IdParams>('/stream/:id/children', async (request) => {
    const parent = streams.byId(request.params.id)
    if (parent === undefined) throw notFound('Stream does not exist.')
    const children = links.childrenOf(parent).map(({ child }) => child)
    return streams.search(toQuery(queryOf(request).get('query') ?? ''), children).map(showStream)
  })

  app.get<ChildParams>('/stream/:id/children/:childId', async (request) => {
    const { child, link } = find(request.params)
    if (child === undefined || link === undefined) throw notFound('Stream does not exist.')
    return showStream(child)
  })

  app.put<ChildParams>('/stream/:id/children/:childId', authorized, async (request, reply) => {
    const { parent, child, link } = find(request.params)
    if (parent === undefined) throw notFound('Parent stream does not exist.')
    if (links.count(parent) >= MAX_CHILDREN) throw unprocessable('Too many children.')
    if (parent.owner !== userOf(request)) throw notPermitted('add child')
    if (child === undefined) throw notFound('Child stream does not exist.')
    if (parent === child) throw unprocessable("I'm my own grandpa.")
    if (link === undefined) links.add(parent, child, false)
    return reply.code(link === undefined ? 201 : 200).send(showStream(child))
  })

  app.delete<ChildParams>('/stream/:id/children/:childId', authorized, async (request) => {
    const { parent, child, link } = find(request.params)
    if (parent === undefined || child === undefined || link === undefined) throw notFound('Stream does not exist.')
    if (parent.owner !== userOf(request)) throw notPermitted('edit stream')
    if (link.hierarchical) throw unprocessable('Cannot remove hierarchical child.')
    links.remove(parent, child)
    return showStream(child)
  })

  function find ({ id, childId }: ChildParams['Params']) {
    const [parent, child] = [streams.byId(id), streams.byId(childId)]
    return { parent, child, link: parent !== undefined && child !== undefined ? links.get(parent, child) : undefined }
  }
}
