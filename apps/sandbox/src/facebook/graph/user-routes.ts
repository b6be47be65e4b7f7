import type { FastifyInstance, FastifyRequest } from 'fastify'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import { nodeOf } from '../insights/ad-accounts.ts'
import { UNDECLINABLE } from '../oauth/permissions.ts'
import { authenticate } from '../oauth/session.ts'
import type { Token } from '../oauth/tokens.ts'
import { isGranted } from '../people.ts'
import type { Person } from '../people.ts'
import { removeApp } from '../removal/remove-app.ts'
import type { World } from '../world.ts'
import { GraphError, invalid, unsupported } from './graph-error.ts'
import { pageOf } from './paging.ts'
import { parametersOf } from './parameters.ts'
import { selectFields } from './select-fields.ts'
import { versionOf } from './versions.ts'

interface IdParams {
  Params: { id?: string }
}

/** The user of a token, and its permissions. The path contains `me` or the user's own id. */
export function userRoutes (app: FastifyInstance, world: World): void {
  const { clock } = world

  app.get('/me', async (request) => selectFields(userNode(authenticate(request, world).details.person), request, { type: 'User', initial: ['name'] }))

  for (const user of ['/me', '/:id']) {
    app.get<IdParams>(`${user}/permissions`, async (request) => {
      const { person } = identify(request).details
      return { data: Array.from(person.permissions, ([permission, status]) => ({ permission, status })) }
    })

    app.delete<IdParams>(`${user}/permissions`, async (request) => {
      const { person } = identify(request).details
      const name = parametersOf(request).get('permission')
      // Facebook notifies the app independently of this response.
      if (name === null) removeApp(world, person, recordRequest(request))
      else decline(person, name)
      return { success: true }
    })

    app.delete<{ Params: { id?: string, permission: string } }>(`${user}/permissions/:permission`, async (request) => {
      decline(identify(request).details.person, request.params.permission)
      return { success: true }
    })

    app.get<IdParams>(`${user}/adaccounts`, async (request) => {
      const { accessToken, details: { person } } = identify(request)
      assertReadsAds(person)
      const fields = { type: 'AdAccount', initial: ['account_id'] }
      const nodes = person.adAccounts.map((account) => selectFields(nodeOf(account), request, fields))
      return pageOf(nodes, request, accessToken, versionOf(request, clock.nowMs()))
    })
  }

  function identify (request: FastifyRequest<IdParams>): Token {
    const token = authenticate(request, world)
    const { id } = request.params
    if (id === undefined || id === token.details.person.id) return token
    throw unsupported(request.method, id)
  }
}

export function userNode (person: Person): Record<string, unknown> {
  const email = isGranted(person, 'email') && { email: `${person.id}@example.com` }
  return { id: person.id, name: person.account, first_name: person.account, ...email }
}

/** Throws GraphError. */
export function assertReadsAds (person: Person): void {
  if (isGranted(person, 'ads_read', 'ads_management')) return
  throw new GraphError({ message: '(#200) Ad account owner has NOT grant ads_management or ads_read permission', code: 200 })
}

function decline ({ permissions }: Person, name: string): void {
  if (!permissions.has(name) || name === UNDECLINABLE) throw invalid(`(#100) Invalid permission: ${name}`)
  permissions.set(name, 'declined')
}
