import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import fc from 'fast-check'
import t from 'tap'
import { Agent, request } from 'undici'
import { at, openTestApi, textAt } from '../open-api.ts'
import { connectUsers, noteTo } from '../v1/seed.ts'
import { callsOf, operationsOf } from './contract/calls.ts'
import type { GeneratedCall } from './contract/calls.ts'

const [rounds, perRound] = [250, 20]
/** Another seed generates other requests: CONTRACT_SEED=7 npm test -- reference/contract */
const seed = Number(process.env['CONTRACT_SEED'] ?? 42)
/** Operations that need a state that these requests do not reach. Their own tests show their successes. */
const needState = [
  'giveAddress', 'resendCode', 'submitSubscription', 'giveVerifier', 'confirmAccount', 'redeemCode', 'getTeamInsights', 'getInsights',
  'refreshTeamInsights', 'proxyPost', 'proxyPut', 'proxyPatch', 'proxyDelete', 'proxyOptions', 'retryNotification'
]

const api = await openTestApi(t, {
  offer: ['pushbullet', 'pumpio', 'blotre', 'webhook', 'ntfy', 'webpush'],
  environment: { RATE_LIMIT_PER_USER: '1000000', RATE_LIMIT_PER_IP: '1000000' }
})
const agent = new Agent({ connections: perRound })
t.teardown(() => agent.close())
const document = at(await api.ask('GET', '/openapi.json'), 'body') as Parameters<typeof operationsOf>[0] & { components: { schemas: object } }
const operations = operationsOf(document)
const ajv = new Ajv2020({ strict: false })
formats.default(ajv)
ajv.addSchema({ $id: 'contract', components: document.components })

t.test(`keeps its contract in ${rounds * perRound} requests, valid and broken`, async (t) => {
  const [operator, user] = [await api.makeKey(), await api.makeUser('user-0')]
  const tokens = [operator, operator, operator, user, user, await api.makeKey('connections:read', 'notifications:read')]
  const users = ['alice', ...Array.from({ length: 200 }, (_, index) => `user-${index}`)]
  const connections = await connectUsers(api, users)
  const create = async (path: string, token: string, bodies: object[]) =>
    (await Promise.all(bodies.map((body) => api.ask('POST', path, { token, body })))).map((answer) => textAt(answer, 'body.id'))
  const notifications = await create('/v1/notifications', operator, Array.from({ length: 60 }, () => noteTo(...users)))
  const handshakes = await create('/v1/handshakes', user, ['ntfy', 'blotre', 'webpush'].map((provider) => ({ provider })))
  const endpoints = await create('/v1/endpoints', operator, Array.from({ length: 30 }, () => ({ url: 'https://site.example/', events: ['*'] })))
  const keys = await create('/v1/api-keys', operator, Array.from({ length: 30 }, () => ({ name: 'shop', scopes: ['users:write'] })))
  await api.ask('PUT', '/v1/teams/crew', { token: operator, body: { name: 'The crew', ownerId: 'alice', memberIds: ['user-1'] } })
  const { body: events } = await api.ask('GET', '/v1/events?limit=200', { token: operator })
  const eventIds = (at(events, 'data') as Array<{ id: string }>).map(({ id }) => id)
  const known = {
    // Requests of the user's token must not end with the deletion of the user.
    userId: users.filter((userId) => userId !== 'user-0'),
    userIds: [...users, 'gone'],
    ownerId: users,
    memberIds: users,
    teamId: ['crew', 'gone'],
    teamIds: ['crew'],
    'notifications.id': notifications,
    'handshakes.id': handshakes,
    'endpoints.id': endpoints,
    'api-keys.id': keys,
    'events.id': eventIds,
    eventId: eventIds,
    event: eventIds,
    'connections.id': [...connections.values()],
    connectionId: [...connections.values()],
    actor: ['operator', 'system'],
    targetId: endpoints,
    provider: ['pushbullet', 'ntfy', 'blotre', 'webpush'],
    name: ['insights'],
    // A generated host would be asked.
    account: ['alice', 'alice@'],
    path: ['v2/users/me', 'v2/pushes'],
    cursor: ['bm8'],
    returnTo: ['https://site.example/back'],
    url: ['https://site.example/']
  }
  const source = { schemas: document.components.schemas as Record<string, never>, known }
  const call = fc.constantFrom(...operations).chain((operation) => callsOf(operation, source, tokens))
  const succeeded = new Set<string>()
  const refused = new Set<string>()
  await fc.assert(fc.asyncProperty(fc.array(call, { minLength: perRound, maxLength: perRound }), async (calls) => {
    await Promise.all(calls.map(async (one) => {
      const status = await check(one)
      ;(status < 400 ? succeeded : refused).add(one.operationId)
    }))
  }), { numRuns: rounds, seed, includeErrorInReport: false, endOnFailure: true })
  const names = operations.map(({ operationId }) => operationId)
  t.same(names.filter((name) => !refused.has(name)), [], 'each operation refuses something')
  t.same(names.filter((name) => !succeeded.has(name) && !needState.includes(name)), [], 'each other operation succeeds')
})

/** Throws if the response is not one that the contract names. */
async function check ({ operationId, method, path, headers, body }: GeneratedCall): Promise<number> {
  const responses = operations.find((one) => one.operationId === operationId)?.responses ?? {}
  const answer = await request(api.url + path, { method, headers, body: body ?? null, dispatcher: agent })
  const { statusCode: status } = answer
  const type = String(answer.headers['content-type'] ?? '').split(';')[0] ?? ''
  const place = `${status} (${type}) of ${operationId} to ${method} ${path} ${body ?? ''}`
  const declared = responses[status] ?? responses[`${Math.floor(status / 100)}XX`]
  if (declared === undefined) throw new Error(`${place} is not in the contract: ${await answer.body.text()}`)
  if (type === 'text/event-stream') {
    answer.body.on('error', () => {}).destroy()
    return status
  }
  const text = await answer.body.text()
  if (status >= 500) throw new Error(`${place}: ${text}`)
  const media = declared.content?.[type] ?? declared.content?.['*/*']
  if (media === undefined) {
    if (text !== '') throw new Error(`${place} has a content that is not in the contract: ${text}`)
    return status
  }
  if (type === 'application/problem+json' || (type === 'application/json' && declared.content?.[type])) {
    const validate = validatorOf(operationId, status, media.schema)
    if (!validate(JSON.parse(text))) throw new Error(`${place}: ${ajv.errorsText(validate.errors)} in ${text}`)
  }
  if (status >= 400 && type !== 'application/problem+json' && declared.content?.['*/*'] === undefined) throw new Error(`${place} is no problem document`)
  return status
}

const validators = new Map<string, ValidateFunction>()

function validatorOf (operationId: string, status: number, schema: { $ref?: string }): ValidateFunction {
  const name = `${operationId} ${status}`
  const validate = validators.get(name) ?? ajv.compile(schema.$ref === undefined ? schema : { $ref: `contract${schema.$ref}` })
  validators.set(name, validate)
  return validate
}
