import type { FastifyInstance } from 'fastify'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import { MAX_KNOWN_ACCOUNTS } from '../../kit/oauth/authorize-page.ts'
import type { Person } from '../../kit/pages/consent-page.ts'
import { sendPage } from '../../kit/pages/service-page.ts'
import { parametersOf } from '../graph/parameters.ts'
import { CLIENT } from '../oauth/client.ts'
import { settingsPage } from '../oauth/pages.ts'
import type { World } from '../world.ts'
import type { Notice } from './notices.ts'
import { hasApp, removeApp } from './remove-app.ts'

/** The page where a user removes the app, and may ask it to delete the user's data. */
export function settingsRoutes (app: FastifyInstance, world: World): void {
  const { people } = world

  app.get('/settings', async (request, reply) => {
    return sendPage(reply, 200, settingsPage(personNamed(parametersOf(request).get('account') ?? '')))
  })

  app.post('/settings', async (request, reply) => {
    const input = parametersOf(request)
    const account = input.get('account')?.trim() ?? ''
    const person = people.get(account)
    const isConnected = person !== undefined && hasApp(person)
    const notices = isConnected ? await removeApp(world, person, recordRequest(request), input.get('deleteData') === 'true') : []
    const outcome = isConnected ? [`${CLIENT.name} is removed.`, ...notices.map(describe)] : [`${account} has not allowed ${CLIENT.name}.`]
    return sendPage(reply, isConnected ? 200 : 404, settingsPage(personNamed(account), outcome.join(' ')))
  })

  function personNamed (account: string): Person {
    return { account, knownAccounts: people.names(MAX_KNOWN_ACCOUNTS) }
  }
}

function describe ({ kind, status, confirmationCode, statusUrl }: Notice): string {
  const result = status === null ? 'no response arrived' : `the response was ${status}`
  if (kind === 'deauthorize') return `Facebook notified the app, and ${result}.`
  return `Facebook asked it to delete your data, and ${result}` + (confirmationCode === null ? '.' : `: ${confirmationCode}, ${statusUrl ?? ''}.`)
}
