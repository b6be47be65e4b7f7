import { until, walkRedirect } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { openTestApi, textAt } from '../../open-api.ts'

/** The API with Slack. Each installation is stored only after the test releases it. */
async function openApi (t: Test) {
  const waiting: Array<() => void> = []
  const api = await openTestApi(t, {
    offer: ['slack'],
    change: ({ providers }) => ({
      providers: new Map([...providers].map(([id, provider]) => {
        const { code } = provider.handshakes
        if (code === undefined) throw new Error('Slack has redirects')
        const accept: typeof code.accept = async (token, context) => {
          const grant = await code.accept(token, context)
          await new Promise<void>((resolve) => { waiting.push(resolve) })
          return grant
        }
        return [id, { ...provider, handshakes: { code: { ...code, accept } } }]
      }))
    })
  })
  const key = await api.makeKey()
  return { install, test, refreshes: async () => await api.control('GET', '/refreshes?provider=slack') }

  /** Returns once Slack has issued the tokens. `store` lets Carillon store them, and returns the id of the connection. */
  async function install (person: string) {
    const token = await api.makeUser(person)
    const { body } = await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'slack' } })
    const count = waiting.length
    const walk = walkRedirect(textAt(body, 'startUrl'), { account: `${person}@acme`, answer: 'allow' })
    await until(() => waiting.length > count, { what: `the tokens of ${person}` })
    const release = waiting.at(-1)
    return {
      async store (): Promise<string> {
        release?.()
        await walk
        const { body: ended } = await api.ask('GET', `/v1/handshakes/${textAt(body, 'id')}`, { token })
        t.match(ended, { status: 'completed' }, `${person} is connected`)
        return textAt(ended, 'connectionId')
      }
    }
  }

  async function test (connectionId: string): Promise<unknown> {
    return (await api.ask('POST', `/v1/connections/${connectionId}/test`, { token: key })).body
  }
}

t.test('two people install one workspace at the same time, and the tokens of the first are stored last', async (t) => {
  const { install, test, refreshes } = await openApi(t)
  const ann = await install('ann')
  const bob = await install('bob')
  const ids = [await bob.store(), await ann.store()]
  for (const id of ids) t.match(await test(id), { ok: true }, 'the connection works')
  t.match(await refreshes(), { data: [{ refreshes: 0, refused: 1 }] }, 'Slack said that the tokens of ann are old')
})

t.test('two people install one workspace at the same time, and the tokens of the first are stored first', async (t) => {
  const { install, test, refreshes } = await openApi(t)
  const ann = await install('ann')
  const bob = await install('bob')
  const ids = [await ann.store(), await bob.store()]
  for (const id of ids) t.match(await test(id), { ok: true }, 'the connection works')
  t.match(await refreshes(), { data: [{ refreshes: 1, refused: 0 }] }, 'Slack refreshed the newer tokens')
})

t.test('people who install one after the other need no check', async (t) => {
  const { install, test, refreshes } = await openApi(t)
  const ids = [await (await install('ann')).store(), await (await install('bob')).store(), await (await install('ann')).store()]
  for (const id of ids) t.match(await test(id), { ok: true }, 'the connection works')
  t.same(await refreshes(), { data: [] })
})
