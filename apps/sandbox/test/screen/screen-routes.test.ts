import t from 'tap'
import type { Test } from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)

interface News {
  event: string
  data: {
    totals: { accounts: number, arrivals: number }
    joined: Array<{ account: string }>
    arrived: Array<{ id: string, account: string, card: { body?: string } }>
  }
}

/** Reads the event stream until the news satisfy the condition. */
async function watch (t: Test): Promise<(isEnough: (news: News[]) => boolean) => Promise<News[]>> {
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const response = await fetch(`${sandbox.url}/screen/events`, { signal: abort.signal })
  t.match(response.headers.get('content-type'), 'text/event-stream')
  if (response.body === null) throw new Error('the stream has no body')
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  const news: News[] = []
  let text = ''

  return async (isEnough) => {
    while (!isEnough(news)) {
      const { value, done } = await reader.read()
      if (done) throw new Error('the stream has ended')
      text += value
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? []
        news.push({ event: name, data: JSON.parse(data) as News['data'] })
      }
    }
    return news
  }
}

const bodies = (news: News[]): unknown[] => news.flatMap(({ data }) => data.arrived.map(({ card }) => card.body))

t.test('serves the page and its files', async (t) => {
  const page = await sandbox.call('GET', '/')
  t.equal(page.status, 200)
  t.match(page.headers.get('content-type'), 'text/html')
  const needed = [...page.text.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path = '']) => path)
  t.ok(needed.length >= 2)
  for (const path of needed) t.match(await sandbox.call('GET', path), { status: 200 }, path)
  t.notMatch(page.text, /(?:href|src)="https?:/)
})

t.test('links to a working consent page', async (t) => {
  const { json } = await sandbox.call('GET', '/screen/providers')
  const [{ consentPath }] = json['data'] as [{ consentPath: string }]
  t.match(await sandbox.call('GET', consentPath), { status: 200, text: /Allow/ })
  t.match(await sandbox.call('GET', `${consentPath}&auto=allow`), { status: 302 })
})

t.test('sends the existing arrivals, then the new ones', async (t) => {
  const { account, v2 } = await sandbox.join()
  await v2('POST', '/pushes', { body: { type: 'note', title: 't', body: 'before' } })
  const until = await watch(t)
  const [first] = await until((news) => news.length > 0)
  t.match(first, { event: 'news', data: { arrived: [{ provider: 'pushbullet', account, card: { kind: 'note', title: 't', body: 'before' } }] } })

  await v2('POST', '/pushes', { body: { type: 'link', url: 'https://u.example', body: 'after' } })
  const { account: newcomer } = await sandbox.join()
  const news = await until((all) => all.some(({ data }) => data.joined.some((each) => each.account === newcomer)))
  t.same(bodies(news), ['before', 'after'])
})

t.test('shows every kind of arrival', async (t) => {
  await sandbox.call('POST', '/_control/reset')
  const { v2 } = await sandbox.join()
  const { json } = await v2('GET', '/devices')
  const [{ iden }] = json['devices'] as [{ iden: string }]
  const until = await watch(t)
  await v2('POST', '/pushes', { body: { type: 'file', file_name: 'n', file_type: 'image/png', file_url: 'http://f.example' } })
  await v2('POST', '/ephemerals', { body: { type: 'push', push: { type: 'mirror', body: 'm' } } })
  await v2('POST', '/texts', { body: { data: { target_device_iden: iden, addresses: ['1', '2'], message: 'sms' } } })
  const news = await until((all) => bodies(all).length === 3)
  t.match(news.flatMap(({ data }) => data.arrived), [
    { card: { kind: 'file', title: 'n', url: 'http://f.example', imageUrl: 'http://f.example' } },
    { card: { kind: 'ephemeral', title: 'mirror', body: 'm' } },
    { card: { kind: 'text', title: 'SMS to 1, 2', body: 'sms' } }
  ])
})

t.test('reports a reset', async (t) => {
  const until = await watch(t)
  await sandbox.call('POST', '/_control/reset')
  const news = await until((all) => all.some(({ event }) => event === 'reset'))
  t.match(news.at(-1), { event: 'reset', data: { totals: { accounts: 0, arrivals: 0 } } })
})

t.test('sends the newest of many arrivals, and the exact totals', async (t) => {
  await sandbox.call('POST', '/_control/reset')
  const until = await watch(t)
  await sandbox.call('POST', '/_control/accounts', { body: { provider: 'pushbullet', count: 5000 } })
  const news = await until((all) => all.at(-1)?.data.totals.accounts === 5000)
  t.match(news.at(-1)?.data.joined.at(-1), { account: 'user-5000' })
  t.ok(Number(news.at(-1)?.data.joined.length) <= 200)
})
