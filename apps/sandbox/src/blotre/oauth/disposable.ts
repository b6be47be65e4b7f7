import type { FastifyInstance } from 'fastify'
import { ApiError } from '../http/blotre-error.ts'
import { createJsonReader } from '../http/json-reader.ts'
import { NO_CACHE, readJson } from '../http/read-request.ts'
import type { World } from '../world.ts'
import { CODE_SECONDS } from './disposables.ts'

const nameRule = { accepts: (name: string) => name.length >= 3 && name.length < 255, message: 'Name is not valid.' }

/** Registers an application for one user. It needs no authentication. */
export function disposableRoutes (app: FastifyInstance, { disposables }: World): void {
  app.put('/disposable', { preValidation: readJson }, async (request, reply) => {
    reply.headers(NO_CACHE)
    const reader = createJsonReader()
    const name = reader.text(request.body, 'obj', 'name', nameRule)
    const blurb = reader.text(request.body, 'obj', 'blurb')
    if (reader.hasFailed()) throw new ApiError(400, 'Could not process request', reader.details())
    const { id, secret, code } = disposables.create(name, blurb)
    return { name, blurb, id, secret, code, expires_in: CODE_SECONDS }
  })
}
