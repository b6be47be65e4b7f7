import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { queryOf } from '../../kit/http/parameters.ts'
import { ApiError, notFound, notPermitted, unprocessable } from '../http/blotre-error.ts'
import { readJson } from '../http/read-request.ts'
import { authenticate, userOf } from '../oauth/authenticate.ts'
import { toQuery, toTag } from '../store/names.ts'
import type { Stream } from '../store/objects.ts'
import { MAX_TAGS } from '../store/streams.ts'
import type { World } from '../world.ts'
import { readTags } from './read-changes.ts'
import { showStream, showTags } from './show.ts'
import { recordChange } from './stream-change.ts'
import { findStream } from './stream-routes.ts'
import type { IdParams } from './stream-routes.ts'

interface TagParams {
  Params: { id: string, tag: string }
}

export function tagRoutes (app: FastifyInstance, world: World): void {
  const { inbox, quirks, streams } = world
  const authorized = { preHandler: authenticate(world) }
  const authorizedJson = { preValidation: readJson, preHandler: authenticate(world) }

  app.get<IdParams>('/stream/:id/tags', async (request) => showTags(findStream(streams, request.params.id).tags))

  app.post<IdParams>('/stream/:id/tags', authorizedJson, async (request) => {
    const tags = readTags(request.body)
    const stream = findStream(streams, request.params.id)
    if (stream.owner !== userOf(request)) throw notPermitted('add tags')
    change(request, stream, tags)
    return showTags(stream.tags)
  })

  // Blot're stores tags in lower case, and does not lower the case of this path.
  app.get<TagParams>('/stream/:id/tags/:tag', async (request) => {
    const { id, tag } = request.params
    if (!findStream(streams, id).tags.includes(tag)) throw notFound('Tag does not exist.')
    return { tag }
  })

  app.put<TagParams>('/stream/:id/tags/:tag', authorized, async (request, reply) => add(request, reply))

  // Blot're handles DELETE like PUT, and adds the tag.
  app.delete<TagParams>('/stream/:id/tags/:tag', authorized, async (request, reply) => {
    if (quirks.deleteTagAdds) return add(request, reply)
    const { stream, tag } = findOwned(request)
    if (!stream.tags.includes(tag)) throw notFound('No such tag.')
    change(request, stream, stream.tags.filter((each) => each !== tag))
    return { tag }
  })

  app.get<{ Params: { tag: string } }>('/tag/:tag/children', async (request) => {
    const tag = toTag(request.params.tag)
    if (tag === undefined) throw unprocessable('Invalid tag')
    const query = toQuery(queryOf(request).get('query') ?? '')
    // This route searches by name only.
    const name = query === undefined ? '' : 'name' in query ? query.name : 'color' in query ? query.color : `#${query.tag}`
    const tagged = streams.all().filter((stream) => stream.tags.includes(tag))
    return streams.search({ name }, tagged).map(showStream)
  })

  function add (request: FastifyRequest<TagParams>, reply: FastifyReply): FastifyReply {
    const { stream, tag } = findOwned(request)
    if (stream.tags.includes(tag)) return reply.send({ tag })
    if (stream.tags.length >= MAX_TAGS) throw unprocessable('Too many tags.')
    change(request, stream, [...stream.tags, tag])
    return reply.code(201).send({ tag })
  }

  function findOwned (request: FastifyRequest<TagParams>): { stream: Stream, tag: string } {
    const tag = toTag(request.params.tag)
    if (tag === undefined) throw notFound('Tag is not valid.')
    const stream = findStream(streams, request.params.id)
    // Blot're sends 404 here, and 401 for other objects of another user.
    if (stream.owner !== userOf(request)) throw new ApiError(404, notPermitted('edit stream').message)
    return { stream, tag }
  }

  function change (request: FastifyRequest, stream: Stream, tags: readonly string[]): void {
    streams.setTags(stream, tags)
    recordChange(inbox, request, stream, 'tags')
  }
}
