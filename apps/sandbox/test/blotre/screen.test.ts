import t from 'tap'
import { openTestBlotre } from './open-test-blotre.ts'

const blotre = await openTestBlotre(t)

t.test('shows a change of color on the screen of its account at once', async (t) => {
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const events = await fetch(`${blotre.url}/screen/events`, { signal: abort.signal })
  if (events.body === null) throw new Error('the stream has no body')
  const reader = events.body.pipeThrough(new TextDecoderStream()).getReader()
  const until = async (pattern: RegExp): Promise<string> => {
    let text = ''
    while (!pattern.test(text)) text += (await reader.read()).value ?? ''
    return text
  }

  const { account, api, rootStream } = await blotre.member()
  await until(new RegExp(`"account":"${account}"`))
  await api('POST', `/stream/${rootStream}/status`, { color: '#ff0000' })
  t.match(await until(/"arrived":\[\{/), JSON.stringify({ kind: 'status', title: account, body: '#ff0000', color: '#ff0000' }))
  await api('POST', `/stream/${rootStream}/tags`, [{ tag: 'urgent' }, { tag: 'build' }])
  t.match(await until(/"arrived":\[\{/), JSON.stringify({ kind: 'tags', title: account, body: '#urgent #build', color: '#ff0000' }))
})

t.test('links from the screen to a working consent page', async (t) => {
  const { json: { data } } = await blotre.call('GET', '/screen/providers')
  const consentPath = (data as Array<{ id: string, consentPath: string }>).find(({ id }) => id === 'blotre')?.consentPath ?? ''
  t.match(await blotre.call('GET', consentPath), { status: 200, text: /Allow/ })
  const { headers } = await blotre.call('GET', `${consentPath}&auto=allow`)
  t.ok(headers.get('location')?.startsWith(`${blotre.url}/blotre/granted?code=`))
})
