import type { FastifyInstance, FastifyRequest } from 'fastify'
import { queryOf } from '../../kit/http/parameters.ts'
import { notFound, notPermitted, unprocessable } from '../http/blotre-error.ts'
import { readJson } from '../http/read-request.ts'
import { authenticate, userOf } from '../oauth/authenticate.ts'
import { splitUri, toName, toQuery, toSegment, toUri } from '../store/names.ts'
import type { Owner, Stream } from '../store/objects.ts'
import { MAX_CHILDREN, MAX_STREAMS_PER_USER } from '../store/streams.ts'
import type { Streams } from '../store/streams.ts'
import type { World } from '../world.ts'
import { readColor, readNewStream } from './read-changes.ts'
import { showStream } from './show.ts'
import { recordChange } from './stream-change.ts'

export interface IdParams {
  Params: { id: string }
}

export function streamRoutes (app: FastifyInstance, world: World): void {
  const { inbox, streams } = world
  const authorized = { preHandler: authenticate(world) }
  const authorizedJson = { preValidation: readJson, preHandler: authenticate(world) }

  app.get('/stream', async (request) => streams.search(toQuery(queryOf(request).get('query') ?? '')).map(showStream))

  app.put('/stream', authorizedJson, async (request, reply) => {
    const input = readNewStream(request.body)
    const { stream, isNew } = findOrCreate(input.name, input.uri, userOf(request))
    if (input.color !== undefined) setColor(request, stream, input.color)
    if (input.tags !== undefined) {
      streams.setTags(stream, input.tags)
      recordChange(inbox, request, stream, 'tags')
    }
    return reply.code(isNew ? 201 : 200).send(showStream(stream))
  })

  app.get<IdParams>('/stream/:id', async (request) => showStream(findStream(streams, request.params.id)))

  app.delete<IdParams>('/stream/:id', authorized, async (request) => {
    const stream = findStream(streams, request.params.id)
    if (stream.owner !== userOf(request)) throw notPermitted('delete stream')
    if (splitUri(stream.uri) === undefined) throw unprocessable('Cannot delete root streams.')
    streams.remove(stream)
    return showStream(stream)
  })

  app.get<IdParams>('/stream/:id/status', async (request) => findStream(streams, request.params.id).status)

  app.post<IdParams>('/stream/:id/status', authorizedJson, async (request) => {
    const color = readColor(request.body)
    const stream = findStream(streams, request.params.id)
    if (stream.owner !== userOf(request)) throw notPermitted('edit stream')
    setColor(request, stream, color)
    return stream.status
  })

  function findOrCreate (inputName: string, inputUri: string, user: Owner): { stream: Stream, isNew: boolean } {
    const name = toName(inputName)
    if (name === undefined) throw unprocessable('Stream name is invalid.')
    const uri = toUri(inputUri) ?? ''
    const parts = splitUri(uri)
    const parent = parts === undefined ? undefined : streams.byUri(parts.parent)
    if (parent === undefined) throw notFound('Parent stream does not exist.')
    if (toSegment(name) !== parts?.segment) throw unprocessable('Stream name and uri do not match.')
    if (parent.owner !== user) throw notPermitted('add child')

    const existing = streams.byUri(uri)
    if (existing !== undefined) return { stream: existing, isNew: false }
    if (streams.links.count(parent) >= MAX_CHILDREN) throw unprocessable('Too many children.')
    if (user.streamCount >= MAX_STREAMS_PER_USER) throw unprocessable('Too many streams for user.')
    return { stream: streams.create(name, user, parent), isNew: true }
  }

  function setColor (request: FastifyRequest, stream: Stream, color: string): void {
    streams.setColor(stream, color, userOf(request))
    recordChange(inbox, request, stream, 'status')
  }
}

/** Throws ApiError. */
export function findStream (streams: Streams, id: string): Stream {
  const stream = streams.byId(id)
  if (stream === undefined) throw notFound('Stream does not exist.')
  return stream
}
