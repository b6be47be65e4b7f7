import type { FastifyInstance } from 'fastify'
import type { IdParams } from './stream-routes.ts'
import { showUser } from '../store/users.ts'
import type { World } from '../world.ts'

export function userRoutes (app: FastifyInstance, { users }: World): void {
  app.get<IdParams>('/user/:id', async (request, reply) => {
    const member = users.byId(request.params.id)
    // The one 404 that says nothing at all.
    return member === undefined ? reply.code(404).send() : showUser(member)
  })
}
