import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Message } from '../../../../src/providers/index.ts'
import { fails } from '../fails.ts'
import { openService } from '../open-service.ts'

const link: Message = { type: 'link', title: 'Hello', body: 'World', url: 'https://site.example/a', urgency: 'high' }

t.test('sends by the templates, with the key of the delivery', async (t) => {
  const { connect, context, provider, simulator } = await openService(t)
  const { credentials } = await connect()
  const key = randomUUID()
  t.same(await provider.send?.(link, key, credentials, context), { id: key })
  const [arrival] = await simulator.inbox({ name: 'ann', credentials })
  t.match(arrival, {
    request: { headers: { 'content-type': 'application/json', authorization: 'Bearer [redacted]', 'user-agent': /carillon/i } },
    item: { id: key, title: 'Hello', text: 'World', link: 'https://site.example/a', importance: 'high' }
  })
})

t.test('puts the account and the key into the path, and a form into the body', async (t) => {
  const send = {
    method: 'PUT',
    url: ['$', '{NOTICEBOARD_URL}/api/people/{{ account.id }}/notices/{{ key }}'].join(''),
    bodyType: 'form',
    body: { text: '{{ text }}' },
    headers: { 'x-from': 'carillon' },
    idempotencyHeader: 'Idempotency-Key'
  }
  const { connect, context, provider, simulator } = await openService(t, { send })
  const { credentials } = await connect('ann & co/../x')
  const key = randomUUID()
  t.same(await provider.send?.(link, key, credentials, context), { id: key }, 'without a pointer, the key is the receipt')
  const [arrival] = await simulator.inbox({ name: 'ann & co/../x', credentials })
  t.match(arrival, {
    request: { headers: { 'x-from': 'carillon', 'idempotency-key': key, 'content-type': 'application/x-www-form-urlencoded' } },
    item: { id: key, text: 'Hello\nWorld\nhttps://site.example/a' }
  })
  t.equal(provider.idempotent, true)
  await fails(t, provider.send?.(link, key, { ...credentials, account: { id: 'eve', name: 'eve' } } as object, context), 'gone', /no longer exists/)
  await fails(t, provider.send?.(link, key, { ...credentials, account: { id: '..', name: 'eve' } } as object, context), 'rejected', /a value of the path/)
  await fails(t, provider.send?.(link, key, provider.parseCredentials({ accessToken: credentials.accessToken }), context), 'rejected', /a value of the path/)
})

t.test('previews what it sends, and cuts a long text', async (t) => {
  const { provider } = await openService(t)
  t.match(provider.render?.(link), { title: 'Hello', text: 'World', url: 'https://site.example/a', omitted: [], shortened: [] })
  t.match(provider.render?.({ type: 'note', body: 'x'.repeat(3_000), image: 'https://site.example/i.png' }), { text: /^x{1999}…$/, shortened: ['body'], omitted: ['image'] })
})
