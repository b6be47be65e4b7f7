import type { FastifyInstance } from 'fastify'
import { notFound } from '../http/pushbullet-error.ts'
import { readFields } from '../http/read-fields.ts'
import type { Fields } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'
import type { Collection, Entry, ListQuery } from '../store/collection.ts'
import type { User } from '../store/user.ts'

type CollectionName = 'pushes' | 'devices' | 'chats' | 'subscriptions' | 'channels' | 'texts'

/** `GET /<name>` */
export function listRoute (app: FastifyInstance, name: CollectionName): void {
  app.get<{ Querystring: ListQuery }>(`/${name}`, async (request) => {
    const { page, cursor } = userOf(request)[name].list(request.query)
    return { [name]: page, cursor }
  })
}

/** The routes that list, update and delete entries. Each collection has its own route that creates them. */
export function collectionRoutes<T extends object> (
  app: FastifyInstance,
  name: CollectionName,
  collectionOf: (user: User) => Collection<T>,
  readChanges: (fields: Fields, entry: T & Entry, user: User) => Partial<T>
): void {
  listRoute(app, name)

  app.post<{ Params: { iden: string } }>(`/${name}/:iden`, async (request) => {
    const user = userOf(request)
    const collection = collectionOf(user)
    const entry = collection.get(request.params.iden)
    if (entry === undefined) throw notFound()
    return collection.update(entry.iden, readChanges(readFields(request.body), entry, user))
  })

  app.delete<{ Params: { iden: string } }>(`/${name}/:iden`, async (request) => {
    if (!collectionOf(userOf(request)).remove(request.params.iden)) throw notFound()
    return {}
  })
}
