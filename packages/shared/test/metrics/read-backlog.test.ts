import t from 'tap'
import { fromNow, openRows } from '../deliveries/open-rows.ts'
import { readBacklog } from '../../src/metrics/read-backlog.ts'

const { database, frozen, insertConnection, insertNotification, insertDelivery, insertHost } = await openRows(t)

t.test('measures what waits at each provider, and what blocks it', async (t) => {
  const [connection, other] = [await insertConnection(), await insertConnection()]
  const [id, paused] = [await insertNotification(), await insertNotification({ paused_at: fromNow(-60) })]
  await insertDelivery(id, connection, { due_at: fromNow(-40) })
  await insertDelivery(id, other, { due_at: fromNow(60) })
  await insertDelivery(paused, other, { due_at: 'infinity' })
  const segment = { provider: 'slack', after_id: connection, last_id: other, size: 200 }
  for (const row of [
    { ...segment, notification_id: id, number: 0, due_at: fromNow(-90) },
    { ...segment, notification_id: id, number: 1, due_at: fromNow(90) },
    { ...segment, notification_id: paused, number: 0, due_at: fromNow(-900) }
  ]) await database.sql`insert into segments ${database.sql(row)}`
  await insertHost({ provider: 'slack', host: '', breaker: 'open', is_misconfigured: true, retry_at: fromNow(10) })
  await insertHost({ provider: 'slack', host: 'one.example', silent_until: fromNow(10) })
  await insertHost({ provider: 'pushbullet', host: '', silent_until: fromNow(10) })
  await insertHost({ provider: 'pushbullet', host: 'one.example', breaker: 'open', retry_at: fromNow(10) })
  await insertHost({ provider: 'pushbullet', host: 'two.example', silent_until: fromNow(-10) })

  const { providers, connections, maxConnections } = await readBacklog(database, ['pushbullet', 'slack', 'email'])
  const rounded = providers.map(({ oldestSeconds, ...rest }) => ({ ...rest, oldest: Math.floor(oldestSeconds / 30) * 30 }))
  const open = { isOpen: false, isPaused: false, isLimited: false, openHosts: 0, limitedHosts: 0 }
  t.same(rounded.sort((one, two) => one.provider < two.provider ? -1 : 1), [
    { provider: 'email', due: 0, broadcast: 0, oldest: 0, ...open },
    { provider: 'pushbullet', due: 1, broadcast: 0, oldest: 30, ...open, isLimited: true, openHosts: 1 },
    { provider: 'slack', due: 0, broadcast: 200, oldest: 90, ...open, isOpen: true, isPaused: true, limitedHosts: 1 }
  ])
  t.ok((connections['active'] ?? 0) >= 1)
  t.ok(maxConnections > 0)
})

t.test('counts due deliveries by an index, not by reading the table', async (t) => {
  await frozen.sql`set enable_seqscan = off`
  const plan = await frozen.sql<Array<{ 'QUERY PLAN': string }>>`
    explain select count(due_at), min(due_at) from unnest(array['pushbullet']) as wanted (provider)
    left join deliveries on deliveries.provider = wanted.provider and due_at <= now() group by wanted.provider`
  t.notMatch(plan.map((line) => line['QUERY PLAN']).join('\n'), /Seq Scan on deliveries/)
})
