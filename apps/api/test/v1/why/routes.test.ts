import {
  claim, errorOutcome, expireWaiting, postpone, reclaimLost, sentOutcome, settle
} from '@carillon/shared/deliveries'
import type { DeliveryKey, Outcome } from '@carillon/shared/deliveries'
import { parseId } from '@carillon/shared/db'
import type { IdKind } from '@carillon/shared/db'
import { ProviderError } from '@carillon/shared/providers'
import type { Failure } from '@carillon/http'
import { admit, createBreakers } from '@carillon/shared/throttling'
import t from 'tap'
import { openTestApi, textAt } from '../../open-api.ts'
import { connectUsers } from '../seed.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'blotre'] })
const { database } = api
const { log } = api.services
const token = await api.makeKey()
const provider = 'pushbullet'
const breakers = createBreakers({ database, log, now: Date.now })

/** One user in one situation. `explanation` and `nextStep` are those of the only connection, or else of the user. */
interface Situation {
  name: string
  userId: string
  /** Brings the user into the situation, and returns the notification. */
  arrange: (userId: string) => Promise<string>
  expected: { received: string, state?: string | null, explanation: RegExp, nextStep: RegExp | null }
}

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
const situations: Situation[] = [
  {
    name: 'the user is unknown',
    userId: 'Zoe',
    arrange: async (userId) => await notify({ userIds: [userId] }),
    expected: { received: 'no', explanation: /^Carillon does not know a user with the id "Zoe"\.$/, nextStep: /^Check the id/ }
  },
  {
    name: 'the user has never connected an account',
    userId: 'nina',
    async arrange (userId) {
      await api.makeUser(userId)
      return await notify({ userIds: [userId] })
    },
    expected: {
      received: 'no',
      explanation: RegExp(`^When the notification was accepted at ${time}, nina had no connection\\. nina has not connected an account yet\\.$`),
      nextStep: /^Ask nina to connect an account\. `POST \/v1\/user-tokens`/
    }
  },
  {
    name: 'the user connected an account later',
    userId: 'leo',
    async arrange (userId) {
      const id = await notify({ userIds: [userId] })
      await connect(userId)
      return id
    },
    expected: {
      received: 'no',
      state: null,
      explanation: RegExp(`^Connected at ${time}, after the notification was accepted\\.$`),
      nextStep: null
    }
  },
  {
    name: 'the notification was sent to others',
    userId: 'olga',
    async arrange (userId) {
      await connect(userId)
      return await notify({ userIds: ['ann', 'bob'] })
    },
    expected: { received: 'no', explanation: /^The notification was sent to 2 users\. olga is not one of them\.$/, nextStep: /^Send a notification to olga\.$/ }
  },
  {
    name: 'the provider accepted the message',
    userId: 'ann',
    arrange: async (userId) => await attempt(userId, () => sentOutcome({ id: 'push1' }, 20)),
    expected: { received: 'yes', state: 'sent', explanation: RegExp(`^Sent at ${time}\\. Pushbullet accepted the first attempt\\. The message id there is "push1"\\.$`), nextStep: null }
  },
  {
    name: 'the token was revoked',
    userId: 'bob',
    arrange: async (userId) => await attempt(userId, () => failed({ kind: 'unauthorized', reason: 'the access token was revoked' })),
    expected: {
      received: 'notYet',
      state: 'parked',
      explanation: RegExp(`^Parked since ${time}\\. Reason: the access token was revoked\\. It is sent when the user reconnects Pushbullet\\.$`),
      nextStep: /^Ask bob to reconnect Pushbullet\. `POST \/v1\/user-tokens` returns the page/
    }
  },
  {
    name: 'the connection waits for its rate limit',
    userId: 'carl',
    arrange: async (userId) => await attempt(userId, () => failed({ kind: 'rateLimited', reason: 'too many requests', retryAt: Date.now() + 600_000 })),
    expected: {
      received: 'notYet',
      state: 'retrying',
      explanation: RegExp(`^The rate limit of Pushbullet is reached\\. This uses no attempt\\. It is due again at ${time}\\.$`),
      nextStep: null
    }
  },
  {
    name: 'the provider refused the message',
    userId: 'dora',
    arrange: async (userId) => await attempt(userId, () => failed({ kind: 'rejected', reason: 'the url is not valid' })),
    expected: {
      received: 'no',
      state: 'failed',
      explanation: RegExp(`^Failed at ${time}\\. Reason: the url is not valid\\. A retry would not help\\.$`),
      nextStep: /^Correct the cause, and send a new notification\.$/
    }
  },
  {
    name: 'the worker died while it was sending',
    userId: 'emil',
    async arrange (userId) {
      const [id, key] = await notifyConnected(userId)
      await claim(database, provider, [key], -1_000)
      await reclaimLost(database, [])
      return id
    },
    expected: {
      received: 'unknown',
      state: 'unknown',
      explanation: RegExp(`^Unknown since ${time}\\. It may have arrived`),
      nextStep: /^Retry the notification with `carillon notifications retry ntf_\S+`, unless a duplicate message would be a problem\.$/
    }
  },
  {
    name: 'the notification was canceled',
    userId: 'finn',
    async arrange (userId) {
      const [id] = await notifyConnected(userId)
      await call('POST', `/v1/notifications/${id}/cancel`)
      return id
    },
    expected: { received: 'no', state: 'canceled', explanation: RegExp(`^Canceled at ${time}\\.$`), nextStep: /^Send a new notification/ }
  },
  {
    name: 'the notification expired',
    userId: 'gina',
    async arrange (userId) {
      const [id] = await notifyConnected(userId)
      await database.sql`update notifications set created_at = now() - interval '2 hours', expires_at = now() - interval '1 hour' where id = ${id.slice(4)}`
      await expireWaiting(database)
      return id
    },
    expected: { received: 'no', state: 'expired', explanation: RegExp(`^Expired at ${time} before it was sent\\.$`), nextStep: /^Send a new notification/ }
  },
  {
    name: 'the user muted the connection',
    userId: 'hugo',
    async arrange (userId) {
      const connection = await connect(userId)
      await call('PATCH', `/v1/connections/${connection}`, { muted: true })
      return await notify({ userIds: [userId] })
    },
    expected: {
      received: 'no',
      state: 'skipped',
      explanation: RegExp(`^Skipped at ${time}, because the user muted this connection to Pushbullet\\.$`),
      nextStep: /^Ask hugo to turn the connection on again\. `PATCH \/v1\/connections\/con_\S+` with/
    }
  },
  {
    name: 'the notification is paused',
    userId: 'ida',
    async arrange (userId) {
      const [id] = await notifyConnected(userId)
      await call('POST', `/v1/notifications/${id}/pause`)
      return id
    },
    expected: { received: 'notYet', state: 'queued', explanation: RegExp(`^Paused since ${time} with its notification\\.`), nextStep: /^Resume the notification with `carillon notifications resume ntf_\S+`\.$/ }
  },
  {
    name: 'the user disconnected before',
    userId: 'jan',
    async arrange (userId) {
      await call('DELETE', `/v1/connections/${await connect(userId)}`)
      return await notify({ userIds: [userId] })
    },
    expected: {
      received: 'no',
      state: null,
      explanation: RegExp(`^The connection ended at ${time}, before the notification was accepted, because the user disconnected it\\.$`),
      nextStep: /^Ask jan to connect Pushbullet again\./
    }
  },
  {
    name: 'the notification is restricted to another provider',
    userId: 'kim',
    async arrange (userId) {
      await connect(userId)
      return await notify({ userIds: [userId] }, { providers: ['blotre'] })
    },
    expected: { received: 'no', state: null, explanation: /^The notification was restricted to Blot're\.$/, nextStep: null }
  },
  {
    name: 'a broadcast is still being planned',
    userId: 'lara',
    async arrange (userId) {
      await connect(userId)
      return await notify({ everyone: true })
    },
    expected: { received: 'notYet', state: null, explanation: /^The broadcast is still being planned: a worker divides its audience into parts\.$/, nextStep: /that a worker runs/ }
  },
  // The following two concern the provider, so they come last.
  {
    name: 'the provider is away',
    userId: 'mia',
    async arrange (userId) {
      await api.database.sql`
        insert into provider_hosts (provider, host, breaker, reason, opens, opened_at, retry_at)
        values (${provider}, '', 'open', 'no connection', 1, now(), now() + interval '1 hour')`
      return await postponed(userId)
    },
    expected: {
      received: 'notYet',
      state: 'queued',
      explanation: RegExp('^Pushbullet is failing, so no requests are sent there for now\\. This uses no attempt\\. ' +
        `It is due again at ${time}\\. Pushbullet has been unavailable since ${time}, because: no connection\\. The next request, which tests Pushbullet, goes at ${time}\\.$`),
      nextStep: null
    }
  },
  {
    name: 'the provider refuses the secret of this deployment',
    userId: 'noah',
    async arrange (userId) {
      await api.database.sql`delete from provider_hosts`
      breakers.pause(provider, '', 'the client secret is not accepted')
      await breakers.settled()
      await api.database.sql`update provider_hosts set retry_at = now() + interval '1 hour'`
      return await postponed(userId)
    },
    expected: {
      received: 'notYet',
      state: 'queued',
      explanation: RegExp('^Pushbullet refuses this deployment, and the operator has to fix its configuration\\. This uses no attempt\\. ' +
        `It is due again at ${time}\\. Pushbullet has been paused since ${time}, because: the client secret is not accepted\\.`),
      nextStep: /^Correct the configuration of Pushbullet, then restart the API and the worker\.$/
    }
  }
]

for (const { name, userId, arrange, expected } of situations) {
  t.test(`explains why a user did or did not get a notification: ${name}`, async (t) => {
    const id = await arrange(userId)
    const { status, body } = await api.ask('GET', `/v1/notifications/${id}/why?userId=${userId}`, { token })
    t.equal(status, 200)
    t.match(body, { notificationId: id, userId, title: 'Hello', received: expected.received })
    const { connections, explanation, nextStep } = body as ExplainedRecipient
    t.equal(connections.length, expected.state === undefined ? 0 : 1)
    const explained = connections[0] ?? { state: undefined, explanation, nextStep }
    t.equal(explained.state, expected.state)
    t.match(explained.explanation, expected.explanation)
    if (expected.nextStep === null) t.equal(explained.nextStep, null)
    else t.match(explained.nextStep, expected.nextStep)
    t.match(explanation, RegExp(userId), 'the explanation names the user')

    const { body: ofUser } = await api.ask('GET', `/v1/users/${userId}/why`, { token })
    const listed = (ofUser as ExplainedUser).notifications.find(({ notificationId }) => notificationId === id)
    const isAddressed = userId !== 'olga'
    if (isAddressed) t.match(listed, { title: 'Hello', received: expected.received, explanation: explained.explanation }, 'the explanation of the user has the same')
    else t.equal(listed, undefined)
  })
}

t.test('tells what to do for a user who connected later', async (t) => {
  const { body } = await api.ask('GET', '/v1/users/leo/why', { token })
  const [notification] = (body as ExplainedUser).notifications.filter(({ received }) => received === 'no')
  t.match((await api.ask('GET', `/v1/notifications/${notification?.notificationId}/why?userId=leo`, { token })).body, {
    explanation: RegExp(`^When the notification was accepted at ${time}, leo was not connected\\. leo connected Pushbullet at ${time}\\.`),
    nextStep: 'Send the notification to leo again.'
  })
})

t.test('explains the connections of a user', async (t) => {
  await api.database.sql`delete from provider_hosts`
  const cases: Array<[userId: string, explanation: RegExp, connection: RegExp | undefined]> = [
    ['Zoe', /^Carillon does not know a user/, undefined],
    ['nina', /^nina has not connected an account\.$/, undefined],
    ['ann', /^ann has one connection that can receive notifications\.$/, RegExp(`^Works\\. Connected at ${time}\\.$`)],
    ['bob', /^bob has one connection, and none that can receive/, RegExp(`^Has not worked since ${time}\\. The reason is: the access token was revoked\\. One delivery waits`)],
    ['carl', /^carl has one connection that can/, RegExp(`^Works\\. The rate limit of Pushbullet for it ends at ${time}\\.$`)],
    ['hugo', /^hugo has one connection, and none/, /^hugo muted it, so it receives no notifications\.$/],
    ['jan', /^jan is not connected any more\.$/, RegExp(`^Ended at ${time}: jan disconnected it\\.$`)]
  ]
  for (const [userId, explanation, connection] of cases) {
    const { body } = await api.ask('GET', `/v1/users/${userId}/why`, { token })
    t.match(body, { userId, explanation }, userId)
    const [explained] = (body as ExplainedUser).connections
    if (connection === undefined) t.equal(explained, undefined)
    else t.match(explained?.explanation, connection, userId)
  }
})

t.test('reaches the members of teams', async (t) => {
  await call('PUT', '/v1/teams/red', { name: 'Red', ownerId: 'ann', memberIds: ['bob'] })
  const id = await notify({ teamIds: ['red'] })
  const why = async (userId: string) => (await api.ask('GET', `/v1/notifications/${id}/why?userId=${userId}`, { token })).body
  t.match(await why('ann'), { received: 'notYet', connections: [{ state: 'queued' }] })
  t.match(await why('olga'), { received: 'no', explanation: 'The notification was sent to the members of one team. olga is not a member of it.' })
  await call('PUT', '/v1/teams/red', { name: 'Red', ownerId: 'ann', memberIds: ['olga'] })
  t.match(await why('olga'), { received: 'no', connections: [{ explanation: 'The notification was accepted without a delivery to this connection.' }] })
})

t.test('requires both scopes, and a notification that exists', async (t) => {
  const limited = await api.makeKey('notifications:read')
  const id = await notify({ userIds: ['ann'] })
  t.equal((await api.ask('GET', `/v1/notifications/${id}/why?userId=ann`, { token: limited })).status, 403)
  t.equal((await api.ask('GET', '/v1/users/ann/why', { token: limited })).status, 403)
  t.equal((await api.ask('GET', `/v1/notifications/${id}/why`, { token })).status, 400)
  t.equal((await api.ask('GET', '/v1/notifications/ntf_x/why?userId=ann', { token })).status, 404)
})

interface Explained { explanation: string, nextStep: string | null }
interface ExplainedRecipient extends Explained { connections: Array<Explained & { state: string | null }> }
interface ExplainedUser extends Explained {
  connections: Explained[]
  notifications: Array<{ notificationId: string, received: string, explanation: string }>
}

async function call (method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: object): Promise<unknown> {
  const { status, body: found } = await api.ask(method, path, { token, ...body !== undefined && { body } })
  if (status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(found)}`)
  return found
}

async function connect (userId: string): Promise<string> {
  return (await connectUsers(api, [userId])).get(userId) ?? ''
}

async function notify (audience: object, more: object = {}): Promise<string> {
  return textAt(await call('POST', '/v1/notifications', { audience, message: { type: 'note', title: 'Hello' }, ...more }), 'id')
}

async function notifyConnected (userId: string): Promise<[id: string, key: DeliveryKey]> {
  const connection = await connect(userId)
  const id = await notify({ userIds: [userId] })
  return [id, [uuidOf('notification', id), uuidOf('connection', connection)]]
}

/** Claims and settles the delivery, as the worker does. */
async function attempt (userId: string, outcome: () => Outcome): Promise<string> {
  const [id, key] = await notifyConnected(userId)
  const { id: claimId, claimed: [delivery] } = await claim(database, provider, [key], 60_000)
  if (delivery === undefined) throw new Error('the delivery was not claimed')
  await settle(database, { claimId, settlements: [{ delivery, outcome: outcome() }], isLast: true, now: Date.now() })
  return id
}

/** Postpones the delivery, as the worker does while a provider is blocked. */
async function postponed (userId: string): Promise<string> {
  const [id, key] = await notifyConnected(userId)
  await postpone(database, provider, [key], await admit(database, provider, 1, undefined))
  return id
}

function failed (failure: Failure): Outcome {
  return errorOutcome(new ProviderError(failure, 'api.pushbullet.com', 400), 0, Date.now(), 20)
}

function uuidOf (kind: IdKind, id: string): string {
  return parseId(kind, id) ?? ''
}
