import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { PublishActivity } from '../activities/publish-activity.ts'
import { fieldsOf, textOf } from '../http/fields.ts'
import { HttpError } from '../http/http-error.ts'
import type { Authenticate } from '../oauth/authenticate.ts'
import { generatorOf } from '../oauth/clients.ts'
import { queryOf } from '../oauth/oauth-parameters.ts'
import type { StoredObject, User } from '../store/model.ts'
import { OBJECT_TYPES } from '../store/objects.ts'
import type { Objects } from '../store/objects.ts'
import { thingCollection } from './collections.ts'
import { originOf } from './discovery.ts'
import { maySeeObject, showObject, urlOf } from './show.ts'

type Address = { Params: { type: string, uuid?: string } }

interface ObjectFeed {
  name: string
  title: string
  isOfPeople: boolean
  of: (object: StoredObject) => Array<StoredObject | User>
}

const FEEDS: ObjectFeed[] = [
  { name: 'likes', title: 'People who like', isOfPeople: true, of: ({ likers }) => likers },
  { name: 'replies', title: 'Replies to', isOfPeople: false, of: ({ replies }) => replies },
  { name: 'shares', title: 'Shares of', isOfPeople: true, of: ({ sharers }) => sharers }
]

export interface ObjectRoutes {
  objects: Objects
  authenticate: Authenticate
  publish: PublishActivity
}

/** Objects by their address or by an id that a client chose: `/api/note/UUID`, `/api/note?id=ID`. */
export function objectRoutes (app: FastifyInstance, { objects, authenticate, publish }: ObjectRoutes): void {
  for (const { name, title, isOfPeople, of } of FEEDS) {
    for (const path of [`/api/:type/${name}`, `/api/:type/:uuid/${name}`]) {
      app.get<Address>(path, async (request) => {
        const viewer = authenticate.publicReader(request)
        const object = visible(find(request), viewer)
        const feed = { title: `${title} ${object.id}`, name: `activityobject:${name}:${object.id}`, url: urlOf(object, name), isOfPeople }
        return thingCollection(feed, of(object), queryOf(request.url), { viewer, origin: originOf(request) })
      })
    }
  }

  for (const path of ['/api/:type', '/api/:type/:uuid']) {
    app.get<Address>(path, async (request) => {
      const viewer = authenticate.publicReader(request)
      return showObject(visible(find(request), viewer), { viewer, origin: originOf(request) })
    })
  }

  app.put<Address>('/api/:type/:uuid', async (request) => {
    const { actor, object, ...input } = authored(request)
    const fields = { verb: 'update', object: { ...fieldsOf(request.body), id: object.id, objectType: object.objectType } }
    publish({ ...input, actor, fields }, request)
    return showObject(object, { viewer: actor, origin: input.origin })
  })

  app.delete<Address>('/api/:type/:uuid', async (request, reply) => {
    const { object, ...input } = authored(request)
    publish({ ...input, fields: { verb: 'delete', object: { id: object.id, objectType: object.objectType } } }, request)
    return reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify('Deleted'))
  })

  function authored (request: FastifyRequest<Address>): { actor: User, object: StoredObject, generator: object, origin: string } {
    const { user, client } = authenticate.writer(request)
    const object = find(request)
    if (object.author !== user) throw new HttpError(403, 'Only the author can modify this object.')
    return { actor: user, object, generator: generatorOf(client), origin: originOf(request) }
  }

  function find ({ params: { type, uuid }, url }: FastifyRequest<Address>): StoredObject {
    if (!OBJECT_TYPES.has(type)) throw new HttpError(404, `Unknown type: ${type}`)
    const id = uuid ?? textOf(queryOf(url)['id'])
    if (id === undefined || id === '') throw new HttpError(400, "'id' required")
    const object = uuid === undefined ? objects.byId(type, id) : objects.byUuid(type, id)
    if (object === undefined) throw new HttpError(404, `Can't find a ${type} with ID = ${id}`)
    if (object.deleted !== undefined) throw new HttpError(410, 'Deleted')
    return object
  }
}

function visible (object: StoredObject, viewer: User | undefined): StoredObject {
  switch (maySeeObject(object, viewer)) {
    case 'yes': return object
    case 'unposted': throw new HttpError(403, 'No authorization for this object.')
    case 'no': throw new HttpError(403, 'Only the author and recipients can view this object.')
  }
}
