import { listProviderStates } from '@carillon/shared/deliveries'
import { findPull } from '@carillon/shared/pulls'
import { until } from '@carillon/testing'
import t from 'tap'
import { openTeams } from './open-teams.ts'

t.test('a wrong secret of the app pauses Facebook, and blames no team', async (t) => {
  const { breakers, connectTeams, database, graphCalls, lines, run } = await open({ FACEBOOK_CLIENT_SECRET: 'wrong-secret' })
  const connected = await connectTeams(40)
  await run()
  await breakers.settled()
  const state = async () => (await listProviderStates(database, ['facebook']))[0]?.hosts[0]
  t.match(await state(), { host: '', breaker: 'open', isMisconfigured: true, reason: /check FACEBOOK_CLIENT_SECRET/ })
  const refusals = lines.filter((line) => line.includes('refuses this deployment'))
  t.ok(refusals.length >= 1 && refusals.every((line) => line.includes('check FACEBOOK_CLIENT_SECRET')), 'the log says what to fix')
  const { asked } = await graphCalls()
  t.ok(asked <= 16, `${asked} requests before the pause: those that were under way`)
  for (const { id } of connected) {
    t.match(await findPull(database, id), { state: 'waiting', failedAt: null })
  }
  t.same(await database.sql`select distinct status from connections`, [{ status: 'active' }])

  // The probe after the pause is refused too. The next pause is longer.
  await until(async () => {
    await database.sql`update pulls set due_at = now()`
    await run()
    await breakers.settled()
    const [row] = await database.sql`select opens from provider_hosts where provider = 'facebook' and host = ''`
    return row?.['opens'] >= 2
  }, { what: 'a second pause' })
  t.match(await state(), { isMisconfigured: true })
  t.match(await database.sql`select distinct attempts from pulls`, [{ attempts: 0 }])

  async function open (environment: Record<string, string>) {
    const stack = await openTeams(t, undefined, environment)
    return { ...stack, breakers: stack.services.breakers }
  }
})
