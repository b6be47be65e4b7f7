import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)

type Push = Record<string, unknown> & { iden: string, created: number, modified: number }
const pushesOf = ({ json }: { json: Record<string, unknown> }): Push[] => (json['pushes'] ?? []) as Push[]

t.test('lists the latest change first', async (t) => {
  const { v2 } = await sandbox.join()
  const idens: string[] = []
  for (const body of ['a', 'b', 'c']) idens.push(String((await v2('POST', '/pushes', { body: { type: 'note', body } })).json['iden']))
  await v2('POST', `/pushes/${idens[0]}`, { body: { dismissed: true } })
  t.same(pushesOf(await v2('GET', '/pushes')).map(({ body }) => body), ['a', 'c', 'b'])
})

t.test('pages by cursor until the end', async (t) => {
  const { v2 } = await sandbox.join()
  for (let index = 0; index < 7; index++) await v2('POST', '/pushes', { body: { type: 'note', body: String(index) } })
  const seen: unknown[] = []
  let cursor: unknown = ''
  let pages = 0
  do {
    const response = await v2('GET', `/pushes?limit=3&cursor=${cursor}`)
    seen.push(...pushesOf(response).map(({ body }) => body))
    cursor = response.json['cursor']
    pages++
  } while (cursor !== undefined)
  t.same(seen, ['6', '5', '4', '3', '2', '1', '0'])
  t.equal(pages, 3)
})

t.test('returns at most 500, which is also the default', async (t) => {
  const { v2 } = await sandbox.join()
  for (let index = 0; index < 501; index++) await v2('POST', '/pushes', { body: { type: 'note', body: String(index) } })
  for (const query of ['', '?limit=9999']) {
    const response = await v2('GET', `/pushes${query}`)
    t.equal(pushesOf(response).length, 500)
    t.type(response.json['cursor'], 'string')
  }
})

t.test('refuses an invalid page', async (t) => {
  const { v2 } = await sandbox.join()
  for (const query of ['limit=0', 'limit=x', 'cursor=x', 'modified_after=x']) {
    t.match(await v2('GET', `/pushes?${query}`), { status: 400, json: { error: { param: query.split('=')[0] } } })
  }
})

t.test('lists what changed after a time', async (t) => {
  const { v2 } = await sandbox.join()
  const { json: { modified } } = await v2('POST', '/pushes', { body: { type: 'note', body: 'old' } })
  await v2('POST', '/pushes', { body: { type: 'note', body: 'new' } })
  t.same(pushesOf(await v2('GET', `/pushes?modified_after=${modified}`)).map(({ body }) => body), ['new'])
})

t.test('dismisses', async (t) => {
  const { v2 } = await sandbox.join()
  const { json: push } = await v2('POST', '/pushes', { body: { type: 'note', body: 'b' } })
  const { status, json } = await v2('POST', `/pushes/${push['iden']}`, { body: { dismissed: true } })
  t.equal(status, 200)
  t.match(json, { iden: push['iden'], dismissed: true, body: 'b' })
  t.ok(Number(json['modified']) > Number(push['modified']))
  t.match(await v2('POST', '/pushes/none', { body: { dismissed: true } }), { status: 404 })
})

t.test('deletes pushes, and lists what remains of them unless only active ones are requested', async (t) => {
  const { v2 } = await sandbox.join()
  const { json: { iden } } = await v2('POST', '/pushes', { body: { type: 'note', body: 'gone' } })
  await v2('POST', '/pushes', { body: { type: 'note', body: 'stays' } })
  const response = await v2('DELETE', `/pushes/${iden}`)
  t.equal(response.status, 200)
  t.equal(response.text, '{}')

  const [deleted, ...others] = pushesOf(await v2('GET', '/pushes'))
  t.same(Object.keys(deleted ?? {}).sort(), ['created', 'iden', 'modified'])
  t.equal(others.length, 1)
  t.same(pushesOf(await v2('GET', '/pushes?active=true')).map(({ body }) => body), ['stays'])
  t.match(await v2('DELETE', `/pushes/${iden}`), { status: 404 })
})

t.test('deletes all pushes soon after its response', async (t) => {
  const { v2 } = await sandbox.join()
  for (const body of ['a', 'b']) await v2('POST', '/pushes', { body: { type: 'note', body } })
  t.equal((await v2('DELETE', '/pushes')).text, '{}')
  const deadline = Date.now() + 5000
  let left
  do left = pushesOf(await v2('GET', '/pushes?active=true')).length
  while (left > 0 && Date.now() < deadline)
  t.equal(left, 0)
})

t.test('separates accounts', async (t) => {
  const one = await sandbox.join()
  const other = await sandbox.join()
  const { json: { iden } } = await one.v2('POST', '/pushes', { body: { type: 'note', body: 'mine' } })
  t.match(await other.v2('POST', `/pushes/${iden}`, { body: { dismissed: true } }), { status: 404 })
  t.match(await other.v2('DELETE', `/pushes/${iden}`), { status: 404 })
  t.equal((await other.v2('GET', '/pushes')).text, '{}')
})
