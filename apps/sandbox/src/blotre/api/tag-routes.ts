import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiFailure, notFound, notPermitted, unprocessable } from '../http/blotre-error.ts'
import { readTags } from './read-changes.ts'
import { queryOf, readJson } from '../http/read-request.ts'
import { report } from './stream-change.ts'
import { authorizing, userOf } from '../oauth/session.ts'
import { showStream, showTags } from '../store/stream.ts'
import type { IdParams } from './stream-routes.ts'
import type { Stream } from '../store/objects.ts'
import { MAX_TAGS } from '../store/streams.ts'
import { toQuery, toTag } from '../store/names.ts'
import type { World } from '../world.ts'

interface TagParams {
  Params: { id: string, tag: string }
}

export function tagRoutes (app: FastifyInstance, { grants, inbox, quirks, streams }: World): void {
  const authorized = { preHandler: authorizing(grants) }
  const authorizedJson = { preValidation: readJson, preHandler: authorizing(grants) }

  app.get<IdParams>('/stream/:id/tags', async (request) => showTags(find(request.params.id).tags))

  app.post<IdParams>('/stream/:id/tags', authorizedJson, async (request) => {
    const tags = readTags(request.body)
    const stream = find(request.params.id)
    if (stream.owner !== userOf(request)) throw notPermitted('add tags')
    change(request, stream, tags)
    return showTags(stream.tags)
  })

  // Looked for as it is written, though tags are kept in lower case.
  app.get<TagParams>('/stream/:id/tags/:tag', async (request) => {
    const { id, tag } = request.params
    if (!find(id).tags.includes(tag)) throw notFound('Tag does not exist.')
    return { tag }
  })

  app.put<TagParams>('/stream/:id/tags/:tag', authorized, async (request, reply) => add(request, reply))

  // Blot're takes DELETE for PUT, and adds the tag that was to go.
  app.delete<TagParams>('/stream/:id/tags/:tag', authorized, async (request, reply) => {
    if (quirks.deleteTagAdds) return add(request, reply)
    const { stream, tag } = writable(request)
    if (!stream.tags.includes(tag)) throw notFound('No such tag.')
    change(request, stream, stream.tags.filter((each) => each !== tag))
    return { tag }
  })

  app.get<{ Params: { tag: string } }>('/tag/:tag/children', async (request) => {
    const tag = toTag(request.params.tag)
    if (tag === undefined) throw unprocessable('Invalid tag')
    const query = toQuery(queryOf(request, 'query') ?? '')
    // Here a query is part of a name, whatever it looks like.
    const name = query === undefined ? '' : 'name' in query ? query.name : 'color' in query ? query.color : `#${query.tag}`
    const tagged = streams.all().filter((stream) => stream.tags.includes(tag))
    return streams.search({ name }, tagged).map(showStream)
  })

  function add (request: FastifyRequest<TagParams>, reply: FastifyReply): FastifyReply {
    const { stream, tag } = writable(request)
    if (stream.tags.includes(tag)) return reply.send({ tag })
    if (stream.tags.length >= MAX_TAGS) throw unprocessable('Too many tags.')
    change(request, stream, [...stream.tags, tag])
    return reply.code(201).send({ tag })
  }

  function writable (request: FastifyRequest<TagParams>): { stream: Stream, tag: string } {
    const tag = toTag(request.params.tag)
    if (tag === undefined) throw notFound('Tag is not valid.')
    const stream = find(request.params.id)
    // A 404, where everything else that is not one's own is a 401.
    if (stream.owner !== userOf(request)) throw new ApiFailure(404, notPermitted('edit stream').message)
    return { stream, tag }
  }

  function find (id: string): Stream {
    const stream = streams.byId(id)
    if (stream === undefined) throw notFound('Stream does not exist.')
    return stream
  }

  function change (request: FastifyRequest, stream: Stream, tags: readonly string[]): void {
    streams.setTags(stream, tags)
    report(inbox, request, stream, 'tags')
  }
}
