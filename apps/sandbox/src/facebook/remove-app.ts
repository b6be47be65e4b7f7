import type { FastifyRequest } from 'fastify'
import type { Person } from './people.ts'
import { report } from './report.ts'
import type { World } from './world.ts'

/** Whoever removes the app ends all that it was given. */
export function removeApp ({ inbox, tokens }: World, person: Person, request: FastifyRequest): void {
  tokens.end(458, person)
  person.permissions.clear()
  report(inbox, request, person, { type: 'removed' })
}
