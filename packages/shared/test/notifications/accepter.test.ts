import { Socket } from 'node:net'
import t from 'tap'
import { createApiKey, revokeApiKey } from '../../src/api-keys/index.ts'
import { openDatabase } from '../../src/db/index.ts'
import { createLog } from '../../src/log/index.ts'
import { createAccepter, StaleKeyError } from '../../src/notifications/index.ts'
import type { Accepter } from '../../src/notifications/index.ts'
import { openCountedDatabase } from '../open-counted-database.ts'
import { connect } from '../people.ts'
import { draftTo } from './drafts.ts'
import { recordingQueues } from './recording-queues.ts'

function openAccepter (database: Parameters<typeof createAccepter>[0]['database'], add?: () => Promise<void>) {
  const lines: string[] = []
  const log = createLog({ name: 'test', level: 'info', destination: { write: (line) => { lines.push(line) } } })
  const { queues, added } = recordingQueues(['pushbullet'], add)
  return { accepter: createAccepter({ database, queues, log }), added, lines }
}

const acceptAll = (accepter: Accepter, count: number, names = ['ann']) =>
  Promise.all(Array.from({ length: count }, () => accepter.accept(draftTo(names))))

t.test('commits a single notification immediately', async (t) => {
  const database = await openCountedDatabase(t)
  await connect(database, ['ann'])
  const { accepter, added } = openAccepter(database)
  const draft = draftTo(['ann', 'zed'])
  t.match(await accepter.accept(draft), { id: draft.id, deliveries: 1, parked: 0, unreachable: [{ userId: 'zed', reason: 'unknownUser' }] })
  t.match(await database.sql`select id from notifications`, [{ id: draft.id }])
  await accepter.close()
  t.match(added, [{ provider: 'pushbullet', data: { deliveries: [[draft.id, String]] } }])
  t.equal(added[0]?.delayMs ?? 0, 0, 'its job runs immediately')
})

t.test('commits concurrent notifications in far fewer statements, and returns each its own result', async (t) => {
  const database = await openCountedDatabase(t)
  await connect(database, ['ann', 'bob'])
  const { accepter, added } = openAccepter(database)
  database.statements.length = 0
  const audiences = Array.from({ length: 200 }, (_, index) => index % 2 ? ['ann'] : ['bob', `zed-${index}`])
  const drafts = audiences.map((userIds) => draftTo(userIds))
  const accepted = await Promise.all(drafts.map((draft) => accepter.accept(draft)))
  t.ok(database.statements.length <= 3, `${database.statements.length} statements`)
  t.same(accepted.map(({ id }) => id), drafts.map(({ id }) => id))
  const unknown = accepted.map(({ unreachable }) => unreachable.map((one) => 'userId' in one ? one.userId : one.teamId))
  t.same(unknown, audiences.map((userIds) => userIds.slice(1)))
  await accepter.close()
  t.ok(added.length <= 3, `${added.length} jobs`)
  t.equal(added.flatMap(({ data }) => data.deliveries).length, 200)
})

t.test('collects notifications during a statement', async (t) => {
  const database = await openCountedDatabase(t)
  await connect(database, ['ann'])
  const { accepter } = openAccepter(database)
  database.statements.length = 0
  const accepting = []
  for (let turn = 0; turn < 100; turn++) {
    accepting.push(accepter.accept(draftTo(['ann'])))
    await new Promise(setImmediate)
  }
  const accepted = await Promise.all(accepting)
  t.equal(new Set(accepted.map(({ id }) => id)).size, 100)
  t.ok(database.statements.length < 50, `${database.statements.length} statements`)
})

t.test('limits the size of a statement', async (t) => {
  const database = await openCountedDatabase(t)
  await connect(database, ['ann'])
  const { accepter } = openAccepter(database)
  database.statements.length = 0
  await acceptAll(accepter, 1_100)
  t.equal(database.statements.length, 3, 'to 500 drafts')
  database.statements.length = 0
  const audience = Array.from({ length: 9_000 }, (_, index) => `zed-${index}`)
  await acceptAll(accepter, 5, audience)
  t.equal(database.statements.length, 3, 'and to 20,000 recipients')
  database.statements.length = 0
  t.match(await accepter.accept(draftTo([...audience, ...audience, ...audience])), { unreachable: { length: 9_000 } }, 'a single one may have more')
})

t.test('commits several notifications of a call in one statement, and returns results in their order', async (t) => {
  const database = await openCountedDatabase(t)
  await connect(database, ['ann'])
  const { accepter, added } = openAccepter(database)
  database.statements.length = 0
  const drafts = Array.from({ length: 1_000 }, () => draftTo(['ann']))
  const [accepted, alone] = await Promise.all([accepter.acceptAll(drafts), accepter.accept(draftTo(['zed']))])
  t.same(accepted.map(({ id }) => id), drafts.map(({ id }) => id))
  t.match(accepted[0], { deliveries: 1, reached: [{ provider: 'pushbullet', queued: 1, parked: 0, skipped: 0 }] })
  t.match(alone, { deliveries: 0, reached: [] })
  t.equal(database.statements.length, 2, 'and one statement for the concurrent calls')
  await accepter.close()
  t.equal(added.flatMap(({ data }) => data.deliveries).length, 1_000)
  t.same(await accepter.acceptAll([]), [])
})

t.test('rejects only notifications of a revoked key', async (t) => {
  const database = await openCountedDatabase(t)
  await connect(database, ['ann'])
  const { id: createdBy } = await createApiKey(database, { name: 'gone', scopes: ['notifications:write'] })
  await revokeApiKey(database, createdBy)
  const { accepter } = openAccepter(database)
  const refused = [draftTo(['ann'], { createdBy }), draftTo(['ann'], { createdBy })]
  const results = await Promise.allSettled([
    accepter.accept(draftTo(['ann'])), accepter.acceptAll(refused), accepter.accept(draftTo(['ann'], { createdBy })), accepter.accept(draftTo(['ann']))
  ])
  t.same(results.map(({ status }) => status), ['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  t.ok(results.every((result) => result.status === 'fulfilled' || result.reason instanceof StaleKeyError))
  t.match(await database.sql`select count(*)::int as count from notifications`, [{ count: 2 }])
})

t.test('commits all notifications of a call or none', async (t) => {
  const database = await openCountedDatabase(t)
  await connect(database, ['ann'])
  const { accepter } = openAccepter(database)
  const group = [draftTo(['ann']), draftTo(['ann'], { expiresAt: new Date(0) }), draftTo(['ann'])]
  const results = await Promise.allSettled([accepter.accept(draftTo(['ann'])), accepter.acceptAll(group), accepter.accept(draftTo(['ann']))])
  t.same(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'])
  t.match(await database.sql`select count(*)::int as count from notifications`, [{ count: 2 }])
})

t.test('commits the other notifications of a group when the database refuses one', async (t) => {
  const database = await openCountedDatabase(t)
  await connect(database, ['ann'])
  const { accepter, added } = openAccepter(database)
  const bad = [draftTo(['ann'], { expiresAt: new Date(0) }), draftTo(['ann'], { message: { type: 'note', title: 'a\u0000b' } })]
  const drafts = [draftTo(['ann']), ...bad, draftTo(['ann'])]
  const results = await Promise.allSettled(drafts.map((draft) => accepter.accept(draft)))
  t.same(results.map(({ status }) => status), ['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  await accepter.close()
  t.same(added.flatMap(({ data }) => data.deliveries).map(([id]) => id), [drafts[0]?.id, drafts[3]?.id])
  t.ok(await accepter.accept(draftTo(['ann'])), 'and continues to work')
})

t.test('rejects all calls soon while the database is unavailable', async (t) => {
  const database = openDatabase({ url: 'postgres://127.0.0.1:1/nowhere' })
  t.teardown(() => database.close())
  const { accepter } = openAccepter(database)
  const attempts = t.capture(Socket.prototype, 'connect', Socket.prototype.connect)
  const results = await Promise.allSettled(Array.from({ length: 100 }, () => accepter.accept(draftTo(['ann']))))
  t.ok(results.every((result) => result.status === 'rejected' && result.reason.code === 'ECONNREFUSED'))
  t.equal(attempts().length, 1, 'because one attempt decides for all')
})

t.test('accepts notifications when the queue fails, and logs that reconcile adds their jobs', async (t) => {
  const database = await openCountedDatabase(t)
  await connect(database, ['ann'])
  const { accepter, lines } = openAccepter(database, async () => { throw new Error('Redis is away') })
  t.match(await accepter.accept(draftTo(['ann'])), { deliveries: 1 })
  await accepter.close()
  t.match(lines.map((line) => JSON.parse(line)), [{ level: 40, msg: /reconcile/, err: { message: 'Redis is away' } }])
  t.match(await database.sql`select state, job_id is null as free from deliveries`, [{ state: 'queued', free: false }])
})

t.test('resolves before the queue responds, and waits for the queue when it closes', async (t) => {
  const database = await openCountedDatabase(t)
  await connect(database, ['ann'])
  const seen: string[] = []
  let letGo = (): void => {}
  const held = new Promise<void>((resolve) => { letGo = resolve })
  const { accepter, added } = openAccepter(database, () => held)
  await accepter.accept(draftTo(['ann']))
  const committing = accepter.accept(draftTo(['ann'])).then(() => seen.push('accepted'))
  const closed = accepter.close().then(() => seen.push(`closed with ${added.length} jobs`))
  await committing
  t.same(seen, ['accepted'])
  letGo()
  await closed
  t.same(seen, ['accepted', 'closed with 2 jobs'])
})

t.test('closes immediately when no work is pending', async (t) => {
  const { accepter } = openAccepter(await openCountedDatabase(t))
  await t.resolves(accepter.close())
  await t.resolves(accepter.close())
})
