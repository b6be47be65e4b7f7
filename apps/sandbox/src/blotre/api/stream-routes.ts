import type { FastifyInstance, FastifyRequest } from 'fastify'
import { notFound, notPermitted, unprocessable } from '../http/blotre-error.ts'
import { readColor, readNewStream } from './read-changes.ts'
import { queryOf, readJson } from '../http/read-request.ts'
import { report } from './stream-change.ts'
import { authorizing, userOf } from '../oauth/session.ts'
import { showStream } from '../store/stream.ts'
import type { Stream } from '../store/objects.ts'
import { MAX_CHILDREN, MAX_STREAMS_PER_USER } from '../store/streams.ts'
import { splitUri, toName, toQuery, toSegment, toUri } from '../store/names.ts'
import type { User } from '../store/objects.ts'
import type { World } from '../world.ts'

export interface IdParams {
  Params: { id: string }
}

export function streamRoutes (app: FastifyInstance, world: World): void {
  const { grants, streams } = world
  const authorized = { preHandler: authorizing(grants) }
  const authorizedJson = { preValidation: readJson, preHandler: authorizing(grants) }

  app.get('/stream', async (request) => streams.search(toQuery(queryOf(request, 'query') ?? '')).map(showStream))

  app.put('/stream', authorizedJson, async (request, reply) => {
    const asked = readNewStream(request.body)
    const { stream, isNew } = findOrCreate(asked.name, asked.uri, userOf(request))
    if (asked.color !== undefined) setColor(request, stream, asked.color)
    if (asked.tags !== undefined) {
      streams.setTags(stream, asked.tags)
      report(world.inbox, request, stream, 'tags')
    }
    return reply.code(isNew ? 201 : 200).send(showStream(stream))
  })

  app.get<IdParams>('/stream/:id', async (request) => showStream(find(request.params.id)))

  app.delete<IdParams>('/stream/:id', authorized, async (request) => {
    const stream = find(request.params.id)
    if (stream.owner !== userOf(request)) throw notPermitted('delete stream')
    if (splitUri(stream.uri) === undefined) throw unprocessable('Cannot delete root streams.')
    streams.remove(stream)
    return showStream(stream)
  })

  app.get<IdParams>('/stream/:id/status', async (request) => find(request.params.id).status)

  app.post<IdParams>('/stream/:id/status', authorizedJson, async (request) => {
    const color = readColor(request.body)
    const stream = find(request.params.id)
    if (stream.owner !== userOf(request)) throw notPermitted('edit stream')
    setColor(request, stream, color)
    return stream.status
  })

  function find (id: string): Stream {
    const stream = streams.byId(id)
    if (stream === undefined) throw notFound('Stream does not exist.')
    return stream
  }

  function findOrCreate (givenName: string, givenUri: string, user: User): { stream: Stream, isNew: boolean } {
    const name = toName(givenName)
    if (name === undefined) throw unprocessable('Stream name is invalid.')
    const uri = toUri(givenUri) ?? ''
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
    report(world.inbox, request, stream, 'status')
  }
}
