import { listEvents } from '@carillon/shared/connections'
import { deliveryKeyOf } from '@carillon/shared/deliveries'
import type { Draft } from '@carillon/shared/notifications'
import type { Message } from '@carillon/shared/providers'
import type { Test } from 'tap'
import { matchOf } from '../../../../packages/shared/test/providers/conformance/traits.ts'
import type { DeliveryTraits, Traits } from '../../../../packages/shared/test/providers/conformance/traits.ts'
import type { startTestStack } from '../start-test-stack.ts'

/**
 * Tests the outcomes of deliveries for every provider, from the claim to the settled row and its explanation. `stack` must offer
 * the provider.
 */
export async function deliveryConformance (
  t: Test,
  provider: string,
  stack: Awaited<ReturnType<typeof startTestStack>>,
  traits: Traits,
  deliveryTraits: DeliveryTraits
): Promise<void> {
  const { connectAt, control, database, delivery, inboxOf, lines, notify, secrets, services } = stack
  const { refuses = [], refusedFile, stateOf, neverExpires, rateLimited, endsAs } = traits
  const { showing, refusals, doubts, outage = { answer: { status: 500, body: '<h1>Oops</h1>' }, status: 500 } } = deliveryTraits
  const { refresh, idempotent: isIdempotent = false } = services.providers.get(provider) ?? {}
  const canRefresh = refresh !== undefined && neverExpires !== true
  const looksExpired = canRefresh && traits.namesDeadTokens !== true
  const note: Message = { type: 'note', title: 'Hello', body: 'World', level: 'warning' }
  let users = 0
  const content = { title: 'Title', body: 'Body' }
  const file = traits.file ?? { name: 'hello.txt', type: 'text/plain', data: Buffer.from('hello').toString('base64') }
  const messages: Message[] = [
    { type: 'note', ...content }, { type: 'link', title: 'Title', url: 'https://example.com/' }, { type: 'file', ...content, file }
  ]
  const refused = messages.filter(({ type }) => refuses.includes(type))
  if (refusedFile !== undefined) refused.push({ type: 'file', ...content, file: refusedFile })

  for (const message of messages.filter(({ type }) => !refuses.includes(type))) {
    await t.test(`sends a ${message.type} once, and records it`, async (t) => {
      const { connectionId, account, send } = await connectUser()
      const id = await send(message)
      const sent = await delivery(id, connectionId, 'sent')
      t.match(sent, { provider, attempts: 1, reason: null, receipt: { id: /\S/ }, history: [{ event: 'queued' }, { event: 'attempt', outcome: 'sent' }] })
      t.equal(sent.history.length, 2)
      await assertReceivedOnce(t, account, id, connectionId)
    })
  }

  for (const message of refused) {
    await t.test(`fails a ${message.type}, which it cannot show, without a request`, async (t) => {
      const { connectionId, account, send } = await connectUser()
      const failed = await delivery(await send(message), connectionId, 'failed')
      t.match(failed, { attempts: 1, reason: /\S/, receipt: null, history: [{}, { event: 'attempt', outcome: 'rejected', status: undefined }] })
      t.same(await inboxOf(provider, account), [])
    })
  }

  if (rateLimited !== undefined) {
    await t.test('waits for the end of a rate limit without an attempt', async (t) => {
      const { connectionId, account, send } = await connectUser()
      const before = await asked()
      // On a slow machine, the second message must still come before this time.
      const resetAt = Math.floor(Date.now() / 1000) * 1000 + 15_000
      await fault({ ...rateLimited(resetAt), times: 1 })
      const first = await send(note)
      await delivery(first, connectionId, 'retrying')
      const second = await send({ ...note, level: 'error' })
      const sent = await delivery(first, connectionId, 'sent')
      const history = [{ event: 'queued' }, { event: 'wait', reason: 'rateLimited', until: String }, { event: 'attempt', outcome: 'sent' }]
      t.match(sent, { attempts: 1, history })
      t.equal(sent.history[1]?.status, 429)
      t.ok(sent.updatedAt.getTime() >= resetAt, 'not before the reset')
      const other = await delivery(second, connectionId, 'sent')
      t.match(other, { attempts: 1, history }, 'what came meanwhile waited too')
      t.equal(other.history[1]?.status, undefined, 'unsent')
      t.equal((await messagesOf(account)).length, 2)
      t.equal(await asked() - before, 3, 'three requests in all')
    })
  }

  await t.test('retries after server errors, and explains each attempt', async (t) => {
    const { connectionId, account, send } = await connectUser()
    await fault({ ...outage.answer, times: 2 })
    const id = await send(note)
    const sent = await delivery(id, connectionId, 'sent')
    t.equal(sent.attempts, 3)
    t.match(sent.history, [
      { event: 'queued' },
      ...[1, 2].map(() => ({ event: 'attempt', outcome: 'transient', status: outage.status, until: String })),
      { event: 'attempt', outcome: 'sent' }
    ])
    await assertReceivedOnce(t, account, id, connectionId)
  })

  for (const [reset, what] of [['before', 'a request is lost'], ['after', 'its answer is lost']] as const) {
    const showsOnce = isIdempotent || reset === 'before'
    await t.test(`shows a message ${showsOnce ? 'once' : 'a second time'} when ${what}`, async (t) => {
      const { connectionId, account, send } = await connectUser()
      await fault({ reset, times: 1 })
      const id = await send(note, { onUnknown: 'resend' })
      const sent = await delivery(id, connectionId, 'sent')
      t.match(sent, { attempts: 2, history: [{}, { event: 'attempt', outcome: 'transient', status: undefined }, { outcome: 'sent' }] })
      if (showsOnce) await assertReceivedOnce(t, account, id, connectionId)
      else t.equal((await messagesOf(account)).length, 2)
    })
  }

  if (doubts === true) {
    await t.test('holds a message that may have arrived, unless its caller wants it again', async (t) => {
      const { connectionId, account, send } = await connectUser()
      await fault({ reset: 'after', times: 1 })
      const held = await delivery(await send(note), connectionId, 'unknown')
      t.match(held, { attempts: 1, reason: /\S/, dueAt: null, history: [{}, { event: 'attempt', outcome: 'transient' }] })
      t.equal((await messagesOf(account)).length, 1)
    })
  }

  for (const { answer, outcome, reason } of refusals) {
    await t.test(`fails immediately when the provider rejects the message: ${reason.source}`, async (t) => {
      const { connectionId, account, send } = await connectUser()
      await fault({ ...answer, times: 1 })
      const failed = await delivery(await send(note), connectionId, 'failed')
      t.match(failed, { attempts: 1, reason, receipt: null, history: [{}, { event: 'attempt', outcome, reason }] })
      t.same(await messagesOf(account), [])
    })
  }

  if (endsAs === 'gone') {
    await t.test('fails a delivery to an address that is gone, and ends the connection', async (t) => {
      const { userId, connectionId, account, send } = await connectUser()
      await control('POST', '/tokens/revoke', { provider, account })
      const failed = await delivery(await send(note), connectionId, 'failed')
      t.match(failed, { attempts: 1, reason: /\S/, receipt: null, history: [{ event: 'queued' }, { event: 'attempt', outcome: 'gone' }] })
      const [row] = await database.sql`select status, status_reason from connections where id = ${connectionId}`
      t.same(row, { status: 'revoked', status_reason: failed.reason })
      t.same(await happened(connectionId), ['connection.connected', 'connection.disconnected'])
      t.match(await notify([userId], { message: note }), { deliveries: 0, unreachable: [{ userId, reason: 'notConnected' }] })

      const [back] = await connectAt(provider, [userId])
      await delivery(await send({ ...note, level: 'error' }), back?.id ?? '', 'sent')
      t.same(await messagesOf(account), [])
      t.equal((await messagesOf(back?.account ?? '')).length, 1)
    })
  } else {
    await t.test('parks a delivery with dead credentials, and sends it after the user reconnects', async (t) => {
      const { userId, connectionId, account, send } = await connectUser()
      await control('POST', '/tokens/revoke', { provider, account })
      const before = await send(note)
      t.match(await delivery(before, connectionId, 'parked'), { attempts: 1, reason: /not accepted/, receipt: null })
      const [row] = await database.sql`select status, status_reason from connections where id = ${connectionId}`
      t.match(row, { status: 'needsReauth', status_reason: /not accepted/ })
      t.same(await happened(connectionId), ['connection.connected', 'connection.needs_reauth'])
      const later = await notify([userId], { message: { ...note, level: 'error' } })
      t.match(later, { deliveries: 1, parked: 1, unreachable: [] }, 'a later one is parked when it is accepted')

      const [back] = await connectAt(provider, [userId])
      t.equal(back?.id, connectionId, 'reconnecting keeps the id')
      const sent = await delivery(before, connectionId, 'sent')
      t.match(sent.history.map(({ event }) => event), ['queued', looksExpired ? 'parked' : 'attempt', 'released', 'attempt'])
      await delivery(later.id, connectionId, 'sent')
      t.same(await messagesOf(account), [])
      t.equal((await messagesOf(back?.account ?? '')).length, 2)
    })
  }

  if (canRefresh) {
    await t.test('refreshes expired credentials, and sends the message', async (t) => {
      const { connectionId, account, send } = await connectUser()
      await control('POST', '/tokens/expire', { provider, account })
      const id = await send(note)
      const sent = await delivery(id, connectionId, 'sent')
      t.match(sent, { attempts: 1, history: [{ event: 'queued' }, { event: 'attempt', outcome: 'sent', refresh: 'fresh' }] })
      t.equal(sent.history.length, 2, 'the refresh cost no attempt')
      await assertReceivedOnce(t, account, id, connectionId)
      t.match(await control('GET', `/refreshes?${new URLSearchParams({ provider, account })}`), { data: [{ refreshes: 1, refused: 0 }] })
      const [row] = await database.sql`select status, version as credentials_version from grants where id = ${connectionId}`
      t.same(row, { status: 'active', credentials_version: 2 })
      t.same(await happened(connectionId), ['connection.connected'])
    })
  }

  await t.test('logs no secret, sealed or not', async (t) => {
    const sealed = await database.sql<Array<{ credentials: string }>>`select credentials from grants where provider = ${provider}`
    const all = lines.join('')
    t.match(all, `"provider":"${provider}"`, 'though it logs')
    t.ok(sealed.length >= users)
    for (const secret of [...secrets, ...sealed.map(({ credentials }) => credentials)]) {
      if (all.includes(secret)) t.fail('a secret was logged')
    }
  })

  async function connectUser () {
    const userId = `${provider}-${++users}`
    const [{ id: connectionId, account } = { id: '', account: '' }] = await connectAt(provider, [userId])
    const send = async (message: Message, fields: Partial<Draft> = {}): Promise<string> =>
      (await notify([userId], { message, ...fields })).id
    return { userId, connectionId, account, send }
  }

  async function fault (fault: object): Promise<void> {
    await control('POST', '/faults', { provider, match: matchOf(deliveryTraits), ...fault })
  }

  async function assertReceivedOnce (t: Test, account: string, notificationId: string, connectionId: string): Promise<void> {
    const all = await messagesOf(account)
    t.equal(all.length, 1)
    if (isIdempotent && stateOf === undefined) t.match(JSON.stringify(all), deliveryKeyOf(notificationId, connectionId), 'and is known by the delivery\'s own key')
  }

  async function happened (connectionId: string): Promise<string[]> {
    return (await listEvents(database, connectionId)).map(({ event }) => event)
  }

  /** The messages that the account shows, without repetitions in a row. */
  async function messagesOf (account: string): Promise<unknown[]> {
    const items = (await inboxOf(provider, account)).map(({ item }) => item)
    if (stateOf === undefined) return items
    const states = items.map(stateOf).filter((state) => state !== undefined).map((state) => JSON.stringify(state))
    return states.filter((state, index) => state !== states[index - 1])
  }

  /** The number of messages so far, with repetitions. */
  async function asked (): Promise<number> {
    const { data } = await control<{ data: Array<{ provider: string, endpoint: string, requests: number }> }>('GET', '/stats')
    const endpoint = data.find((each) => each.provider === provider && /^(POST .*|)$/.test(each.endpoint.slice(0, -showing.length)) && each.endpoint.endsWith(showing))
    return endpoint?.requests ?? 0
  }
}
