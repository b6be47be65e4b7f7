import t from 'tap'
import { v7 } from 'uuid'
import { idAfter, newId, parseId, publicId } from '../../src/db/index.ts'
import type { IdKind } from '../../src/db/index.ts'

const prefixes: Record<IdKind, string> = {
  user: 'usr',
  team: 'tea',
  connection: 'con',
  handshake: 'hsk',
  notification: 'ntf',
  apiKey: 'key',
  event: 'evt',
  endpoint: 'end',
  auditEntry: 'aud'
}
const kinds = Object.keys(prefixes) as IdKind[]
const id = '01990000-0000-7000-8000-00000000000a'

t.test('makes ids that sort by creation time', async (t) => {
  const ids = Array.from({ length: 1_000 }, newId)
  t.equal(new Set(ids).size, 1_000)
  t.same(ids, [...ids].sort())
  t.ok(ids.every((one) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(one)))
  t.ok(newId() > v7({ msecs: Date.now() - 1_000 }))
})

for (const kind of kinds) {
  t.test(`formats the id of a ${kind} with its prefix, and parses it`, async (t) => {
    t.equal(publicId(kind, id), `${prefixes[kind]}_${id}`)
    t.equal(parseId(kind, publicId(kind, id)), id)
    for (const other of kinds.filter((other) => other !== kind)) t.equal(parseId(other, publicId(kind, id)), undefined, `not as a ${other}`)
  })
}

t.test('parses upper-case digits as the same id', async (t) => {
  t.equal(parseId('user', `usr_${id.toUpperCase()}`), id)
  t.equal(parseId('user', `USR_${id}`), undefined, 'but not an upper-case prefix')
})

t.test('refuses everything else', async (t) => {
  for (const text of [
    '', 'usr', 'usr_', id, `_${id}`, `usr${id}`, `usr-${id}`, `usr_${id}_`, `usr_${id}_${id}`, `usr__${id}`, ` usr_${id}`, `usr_${id} `, `usr_${id}\n`,
    `usr_{${id}}`, `usr_${id.replaceAll('-', '')}`, `usr_${id.slice(1)}`, `usr_${id}0`, 'usr_ann', "usr_' or 1=1", `toString_${id}`, `usr_${'0'.repeat(36)}`
  ]) t.equal(parseId('user', text), undefined, JSON.stringify(text))
})

t.test('derives the ids of a batch from one id', async (t) => {
  const id = '0199f0a0-0000-7000-8000-0000ffffffff'
  t.same([0, 1, 2].map((count) => idAfter(id, count)), [
    id, '0199f0a0-0000-7000-8000-000000000000', '0199f0a0-0000-7000-8000-000000000001'
  ])
  t.equal(new Set(Array.from({ length: 1_000 }, (_, count) => idAfter(id, count))).size, 1_000)
})
