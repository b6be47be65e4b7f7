import { parseId } from '@carillon/shared/db'
import { ensureUser } from '@carillon/shared/users'
import t from 'tap'
import { sendWelcome } from '../../../src/handshakes/finish/send-welcome.ts'
import type { Services } from '../../../src/services.ts'
import { openTestApi, textAt } from '../../open-api.ts'
import { openWalk } from '../walk.ts'

const api = await openTestApi(t)
const texts = { title: '{provider} at {site}', body: 'Hello from {site} {site}, {other}' }
const { id: userId } = await ensureUser(api.database, { externalId: 'ann' })
const token = await api.makeUser('ann')
const connect = async () => await (await openWalk(api, token)).finish()

await connect()
const connectionId = parseId('connection', textAt((await api.ask('GET', '/v1/connections', { token })).body, 'data.0.id')) ?? ''

async function welcomes () {
  return await api.database.sql`delete from notifications where origin = 'welcome' returning message ->> 'title' as title, message ->> 'body' as body`
}

async function send (when: Services['welcome']['when'], reconnected: boolean) {
  const provider = api.services.providers.get('pushbullet')
  if (provider === undefined) throw new Error('there is no provider')
  await sendWelcome({ ...api.services, welcome: { when, ...texts } }, provider, { userId, connectionId, reconnected })
  return await welcomes()
}

t.test('welcomes the user of a new connection, and not when they reconnect', async (t) => {
  t.match(await welcomes(), [{ title: 'Pushbullet is connected', body: 'From now on, you receive notifications from Bell & Sons here.' }])
  await connect()
  t.same(await welcomes(), [])
})

t.test('follows the setting', async (t) => {
  const welcome = { title: 'Pushbullet at Bell & Sons', body: 'Hello from Bell & Sons Bell & Sons, {other}' }
  t.match(await send('first', false), [welcome])
  t.same(await send('first', true), [])
  t.match(await send('always', false), [welcome])
  t.match(await send('always', true), [welcome])
  t.same(await send('off', false), [])
})
