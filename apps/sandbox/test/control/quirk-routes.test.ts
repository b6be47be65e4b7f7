import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const { call } = await openTestSandbox(t)

async function find (quirk: string): Promise<object | undefined> {
  const { json: { data } } = await call('GET', '/_control/quirks')
  return (data as Array<{ quirk: string }>).find((each) => each.quirk === quirk)
}

t.test('lists the quirks of the services with their defaults', async (t) => {
  t.match(await find('deleteTagAdds'), { provider: 'blotre', on: true })
})

t.test('switches a quirk off and on', async (t) => {
  for (const on of [false, true]) {
    const body = { provider: 'blotre', quirk: 'deleteTagAdds', on }
    const { status, json } = await call('POST', '/_control/quirks', { body })
    t.equal(status, 200)
    t.same(json, body)
    t.same(await find('deleteTagAdds'), body)
  }
})

t.test('refuses invalid input', async (t) => {
  for (const body of [
    { provider: 'nowhere', quirk: 'deleteTagAdds', on: false }, { provider: 'blotre', quirk: 'constructor', on: false },
    { provider: 'pushbullet', quirk: 'deleteTagAdds', on: false }, { provider: 'blotre', quirk: 'deleteTagAdds', on: 'no' },
    { provider: 'blotre', on: false }
  ]) t.match(await call('POST', '/_control/quirks', { body }), { status: 400, json: { error: /.+/ } })
})
