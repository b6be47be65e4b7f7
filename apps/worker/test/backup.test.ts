import { join } from 'node:path'
import { openDatabase } from '@carillon/shared/db'
import { createSite, ownRedis, spawnApp, systemPostgres } from '@carillon/testing'
import { execa } from 'execa'
import t from 'tap'
import { ended, importUsers, openProcesses } from './open-processes.ts'

t.test('sends everything that is due after a restore with an empty Redis, and nothing twice', async (t) => {
  const server = await systemPostgres(t)
  const redis = await ownRedis(t)
  if (server === undefined || redis === undefined) return
  const { url, dump, restore } = server
  const stores = { DATABASE_URL: url, REDIS_URL: redis.url, QUEUE_PREFIX: redis.prefix }
  const { site, api, env, database, key } = await openProcesses(t, stores, { RECONCILE_SECONDS: '1' })
  const users = await importUsers(site, 10)
  const send = async (title: string, sendAt?: string) => {
    const body = { audience: { userIds: users }, message: { type: 'note', title }, ...sendAt !== undefined && { sendAt } }
    return (await site.api<{ id: string }>('POST', '/v1/notifications', { body, expect: 202 })).id
  }
  const titles = async () => {
    const { data } = await site.control<{ data: Array<{ item: { title: string } }> }>('GET', '/inbox?provider=pushbullet')
    const all = data.map(({ item }) => item.title)
    return Object.fromEntries([...new Set(all)].sort().map((title) => [title, all.filter((one) => one === title).length]))
  }

  const worker = spawnApp(t, 'worker', { env })
  const sent = await send('sent before the dump')
  t.match(await ended(site, sent), { sent: 10 })
  await worker.stop()
  const due = await send('due')
  const later = await send('later', new Date(Date.now() + 3_600_000).toISOString())

  await site.api('GET', '/v1/events') // which gives the events their positions
  const file = join(t.testdir(), 'carillon.dump')
  await execa(dump, ['--format=custom', `--file=${file}`, `--dbname=${url}`])
  const rowsOf = async ({ sql }: typeof database) => await sql`
    select count(*)::int as deliveries, (select count(*)::int from events) as events, (select max(position)::int from events) as position,
      (select count(*)::int from drizzle.__drizzle_migrations) as migrations, (select count(*)::int from grants) as grants from deliveries`
  const before = await rowsOf(database)
  await api.stop()

  await database.sql`create database restored`
  const restoredUrl = new URL(url)
  restoredUrl.pathname = '/restored'
  await execa(restore, ['--no-owner', '--exit-on-error', `--dbname=${restoredUrl.href}`, file])
  await redis.flush()
  const restored = openDatabase({ url: restoredUrl.href, max: 1 })
  t.teardown(() => restored.close())
  t.same(await rowsOf(restored), before)

  const restoredEnv = { ...env, DATABASE_URL: restoredUrl.href }
  const processes = (['api', 'worker'] as const).map((name) => spawnApp(t, name, { env: restoredEnv }))
  const [{ url: apiUrl } = { url: '' }] = await Promise.all(processes.map(({ ready }) => ready))
  const restoredSite = createSite({ apiUrl, sandboxUrl: '', operatorKey: key })
  t.match(await ended(restoredSite, due), { sent: 10, failed: 0, unknown: 0 })
  t.same(await titles(), { due: 10, 'sent before the dump': 10 })
  t.match(await restoredSite.api('GET', `/v1/notifications/${later}`), { counts: { queued: 10 } }, 'it waits for its time')
  await restoredSite.api('GET', '/v1/events')
  const after = (await rowsOf(restored))[0]
  t.ok(after?.['position'] > before[0]?.['position'], 'the positions of events continue')

  const doctor = spawnApp(t, 'cli', { args: ['doctor', '--json'], env: restoredEnv })
  t.equal((await doctor.exited).code, 0, doctor.output())
  const findings: Array<{ level: string, subject: string }> = JSON.parse(doctor.stdout.join('\n'))
  for (const subject of ['database', 'migrations', 'CARILLON_KEYS', 'queue', 'worker']) {
    t.ok(findings.some((finding) => finding.subject === subject && finding.level === 'ok'), `${subject}: ${doctor.output()}`)
  }
})
