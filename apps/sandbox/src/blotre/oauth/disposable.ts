import type { FastifyInstance } from 'fastify'
import { CODE_SECONDS } from './disposables.ts'
import { ApiFailure } from '../http/blotre-error.ts'
import { createJsonReader } from '../http/json-reader.ts'
import { noCache } from './no-cache.ts'
import { readJson } from '../http/read-request.ts'
import type { World } from '../world.ts'

const nameRule = { holds: (name: string) => name.length >= 3 && name.length < 255, otherwise: 'Name is not valid.' }

/** Anybody may make an application for one user. */
export function disposableRoutes (app: FastifyInstance, { disposables }: World): void {
  app.put('/disposable', { preValidation: readJson }, async (request, reply) => {
    reply.headers(noCache)
    const reader = createJsonReader()
    const name = reader.text(request.body, 'obj', 'name', nameRule)
    const blurb = reader.text(request.body, 'obj', 'blurb')
    if (reader.hasFailed()) throw new ApiFailure(400, 'Could not process request', reader.details())
    const { id, secret, code } = disposables.create(name, blurb)
    return { name, blurb, id, secret, code, expires_in: CODE_SECONDS }
  })
}
