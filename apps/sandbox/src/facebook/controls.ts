import type { FastifyInstance } from 'fastify'
import { ControlError, noSuchAccount } from '../control/control-error.ts'
import { recordRequest } from '../kit/http/recorded-request.ts'
import type { Limits } from './graph/usage.ts'
import { createAdAccounts } from './insights/ad-accounts.ts'
import { CLIENT, PROVIDER } from './oauth/client.ts'
import type { Person } from './people.ts'
import type { AppSettings } from './removal/app-settings.ts'
import { hasApp, removeApp } from './removal/remove-app.ts'
import type { World } from './world.ts'

const MAX_AD_ACCOUNTS = 1000

const address = { anyOf: [{ type: 'string', pattern: '^https?://' }, { type: 'null' }] }
const settings = body({ deauthorizeUrl: address, deletionUrl: address }, [])
const removal = body({ account: { type: 'string' }, deleteData: { type: 'boolean' } }, ['account'])
const limit = { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }] }
const limits = body({ app: limit, adAccount: limit }, [])
const adAccounts = body({ account: { type: 'string' }, count: { type: 'integer', minimum: 0, maximum: MAX_AD_ACCOUNTS } }, ['account', 'count'])

/** Settings of the app, its removal by a user, limits, and the number of ad accounts. */
export function facebookControls (app: FastifyInstance, world: World): void {
  const { notices, people, usage } = world

  app.get('/app', async () => ({ id: CLIENT.id, ...notices.settings }))

  app.post<{ Body: Partial<AppSettings> }>('/app', { schema: { body: settings } }, async (request) => {
    Object.assign(notices.settings, request.body)
    return { id: CLIENT.id, ...notices.settings }
  })

  app.post<{ Body: { account: string, deleteData?: boolean } }>('/remove-app', { schema: { body: removal } }, async (request) => {
    const person = personOf(request.body.account)
    if (!hasApp(person)) throw new ControlError(`account: "${person.account}" has not allowed the app`)
    return { data: await removeApp(world, person, recordRequest(request), request.body.deleteData) }
  })

  app.get('/notices', async () => ({ data: notices.list() }))

  app.post<{ Body: Limits }>('/limits', { schema: { body: limits } }, async (request) => {
    Object.assign(usage.limits, request.body)
    return usage.limits
  })

  app.post<{ Body: { account: string, count: number } }>('/ad-accounts', { schema: { body: adAccounts } }, async (request) => {
    const person = personOf(request.body.account)
    person.adAccounts = createAdAccounts(person.id, request.body.count)
    return { data: person.adAccounts.map(({ accountId }) => `act_${accountId}`) }
  })

  function personOf (account: string): Person {
    const person = people.get(account) ?? people.byId(account)
    if (person === undefined) throw noSuchAccount(PROVIDER, account)
    return person
  }
}

function body (properties: object, required: string[]): object {
  return { type: 'object', properties, required, additionalProperties: false }
}
