import { listProviderStates } from '@carillon/shared/deliveries'
import { findNotification } from '@carillon/shared/notifications'
import { ProviderError } from '@carillon/shared/providers'
import type { Failure } from '@carillon/http'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'

for (const { kind, skip, open } of await backends()) {
  t.test(`a provider that refuses the deployment is paused, and nothing is lost, with jobs in ${kind}`, { skip }, async (t) => {
    let failure: Failure | undefined = { kind: 'misconfigured', reason: 'the bot token is not accepted' }
    const own: Failure = { kind: 'misconfigured', reason: 'the browser subscribed with another key', scope: 'connection' }
    let foreign: unknown
    let asked = 0
    const { connect, notify, inbox, database, lines } = await startTestStack(t, await open(t), {
      change: (provider) => ({
        send: async (message, key, credentials, context) => {
          asked++
          if (failure !== undefined) throw new ProviderError(failure, new URL(provider.origins[0] ?? '').host, 401)
          foreign ??= Object(credentials).accessToken
          if (Object(credentials).accessToken === foreign) throw new ProviderError(own, new URL(provider.origins[0] ?? '').host, 401)
          if (provider.send === undefined) throw new Error('it sends')
          return await provider.send(message, key, credentials, context)
        }
      })
    })
    const users = Array.from({ length: 200 }, (_, index) => `user-${index}`)
    await connect(...users)
    const { id } = await notify([], { audience: { everyone: true } })
    const state = async () => (await listProviderStates(database, ['pushbullet']))[0]?.hosts[0]
    await until(async () => (await state())?.breaker === 'open', { what: 'a paused provider' })
    await until(async () => (await findNotification(database, id))?.counts.sending === 0, { what: 'the end of the batch' })
    t.match(await state(), { host: '', reason: 'the bot token is not accepted', isMisconfigured: true })
    t.ok(asked <= 2 * 16, `${asked} requests before the pause: those that were under way`)
    t.match(await database.sql`select distinct status from connections`, [{ status: 'active' }], 'no connection is blamed')
    t.match(await database.sql`select distinct attempts from deliveries`, [{ attempts: 0 }], 'no attempt is used')
    const refusals = lines.filter((line) => line.includes('refuses this deployment'))
    t.ok(refusals.length >= 1 && refusals.every((line) => line.includes('the bot token is not accepted')), 'the log says what to fix')

    failure = undefined
    await until(async () => (await findNotification(database, id))?.counts.sent === users.length - 1, { what: 'all messages but one' })
    t.equal((await inbox()).length, users.length - 1)
    await until(async () => await state() === undefined, { what: 'a provider that works again' })
    const [waiting] = await database.sql`
      select attempts, reason, due_at > now() + interval '4 minutes' as waits, connections.status, limited_until
      from deliveries join connections on connections.id = connection_id where state = 'retrying'`
    t.match(waiting, { attempts: 0, reason: 'misconfigured', waits: true, status: 'active', limited_until: null }, 'only the refused connection waits')
    t.ok(lines.some((line) => line.includes('for a connection') && line.includes(own.reason)))
  })
}
