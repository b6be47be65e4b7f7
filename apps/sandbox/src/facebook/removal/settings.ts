import type { FastifyInstance } from 'fastify'
import { recordRequest } from '../../kit/http/recorded-request.ts'
import { CLIENT } from '../oauth/client.ts'
import { sendPage, settingsPage } from '../oauth/pages.ts'
import type { Notice } from './notices.ts'
import { parametersOf } from '../graph/parameters.ts'
import { hasApp, removeApp } from './remove-app.ts'
import type { World } from '../world.ts'

const SHOWN_ACCOUNTS = 20

/** The page on which a user removes the app, and may ask it to delete what it knows. */
export function settingsRoutes (app: FastifyInstance, world: World): void {
  const { people } = world

  app.get('/settings', async (request, reply) => {
    return sendPage(reply, 200, settingsPage(parametersOf(request).get('account') ?? '', people.names(SHOWN_ACCOUNTS)))
  })

  app.post('/settings', async (request, reply) => {
    const asked = parametersOf(request)
    const account = asked.get('account')?.trim() ?? ''
    const person = people.get(account)
    const isIn = person !== undefined && hasApp(person)
    const notices = isIn ? await removeApp(world, person, recordRequest(request), asked.get('deleteData') === 'true') : []
    const told = isIn ? [`${CLIENT.name} is removed.`, ...notices.map(inWords)] : [`${account} has not let ${CLIENT.name} in.`]
    return sendPage(reply, isIn ? 200 : 404, settingsPage(account, people.names(SHOWN_ACCOUNTS), told.join(' ')))
  })
}

function inWords ({ kind, status, confirmationCode, statusUrl }: Notice): string {
  const answer = status === null ? 'did not answer' : `answered ${status}`
  if (kind === 'deauthorize') return `It was told so, and ${answer}.`
  return `It was asked to delete your data, and ${answer}` + (confirmationCode === null ? '.' : `: ${confirmationCode}, ${statusUrl ?? ''}.`)
}
