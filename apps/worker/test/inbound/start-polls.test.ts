import { handleWaiting } from '@carillon/shared/inbound'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import { startPolls } from '../../src/inbound/start-polls.ts'
import { startTestStack } from '../start-test-stack.ts'

// The provider whose messages are polled.
const provider = 'telegram'
const [backend] = (await backends()).filter(({ kind }) => kind === 'postgres')
if (backend === undefined) throw new Error('there is no PostgreSQL')
const stack = await startTestStack(t, await backend.open(t), { offer: [provider] })
const { control, connectAt, database, delivery, lines, notify, services } = stack
const { sql } = database

/** A worker of its own. It polls until the returned function is called. */
function start (more: Partial<typeof services> = {}): () => Promise<void> {
  const stopping = new AbortController()
  const polls = startPolls({ ...services, ...more, stopping: stopping.signal })
  return async () => {
    stopping.abort()
    await polls.close()
  }
}

async function chat (account: string, action: 'block' | 'unblock' | 'delete') {
  await control('POST', `/${provider}/chats`, { account, action })
}

async function connection (id: string) {
  return (await sql`select status, status_reason from connections where id = ${id}`)[0]
}

/** Gives the account of the connection the id that the provider reports. */
async function connect (user: string) {
  const [{ id, account } = { id: '', account: '' }] = await connectAt(provider, [user])
  const { chatId } = await control<{ chatId: string }>('POST', `/${provider}/chats`, { account, action: 'unblock' })
  await sql`update connections set account_id = ${chatId}, account_key = ${chatId} where id = ${id}`
  return { id, account }
}

t.test('ends a connection whose user blocks the bot, and opens it again when the user unblocks it', async (t) => {
  const stop = start()
  const { id, account } = await connect('ann')
  await chat(account, 'block')
  await until(async () => (await connection(id))?.['status'] === 'revoked')
  t.match(await connection(id), { status_reason: 'the user blocked the bot' })
  await chat(account, 'unblock')
  await until(async () => (await connection(id))?.['status'] === 'active')
  await delivery((await notify(['ann'])).id, id, 'sent')
  await stop()
  t.match((await sql`select lease_owner from inbound_polls`)[0], { lease_owner: null }, 'the lease is free')
})

t.test('opens no connection again that its user disconnected, or that ended for another reason', async (t) => {
  const stop = start()
  const [bob, carl] = [await connect('bob'), await connect('carl')]
  await sql`update connections set status = 'revoked', disconnected_at = now(), status_reason = 'disconnected' where id = ${bob.id}`
  await sql`update connections set status = 'revoked', disconnected_at = now(), status_reason = 'the account was deleted' where id = ${carl.id}`
  for (const { account } of [bob, carl]) await chat(account, 'block')
  const last = await connect('dora')
  for (const { account } of [bob, carl]) await chat(account, 'unblock')
  await chat(last.account, 'block')
  await until(async () => (await connection(last.id))?.['status'] === 'revoked')
  t.match([await connection(bob.id), await connection(carl.id)], [{ status_reason: 'disconnected' }, { status_reason: 'the account was deleted' }])
  await stop()
})

t.test('reopens a connection that a refused message ended', async (t) => {
  const { id, account } = await connect('erik')
  await chat(account, 'block')
  const failed = await delivery((await notify(['erik'])).id, id, 'failed')
  t.match([failed.reason, await connection(id)], ['the user blocked the bot', { status: 'revoked', status_reason: 'the user blocked the bot' }])
  await chat(account, 'unblock')
  const stop = start()
  await until(async () => (await connection(id))?.['status'] === 'active')
  await stop()
})

t.test('polls with one worker at a time, and another takes over', async (t) => {
  const polledBy: number[] = []
  const counting = (number: number) => ({
    providers: new Map([...services.providers].map(([id, one]) => {
      const { inbound } = one
      const poll = inbound?.poll
      if (inbound === undefined || poll === undefined) return [id, one]
      return [id, {
        ...one,
        inbound: {
          ...inbound,
          poll: async (...given: Parameters<typeof poll>) => {
            polledBy.push(number)
            return await poll(...given)
          }
        }
      }]
    }))
  })
  const stops = [start(counting(0)), start(counting(1))]
  await until(async () => polledBy.length > 0)
  const [leader = 0] = polledBy
  const first = await connect('fay')
  await chat(first.account, 'block')
  await until(async () => (await connection(first.id))?.['status'] === 'revoked')
  t.same([...new Set(polledBy)], [leader])
  await stops[leader]?.()
  const second = await connect('gus')
  await chat(second.account, 'block')
  await until(async () => (await connection(second.id))?.['status'] === 'revoked')
  t.ok(polledBy.includes(1 - leader))
  await stops[1 - leader]?.()
})

t.test('stores a message before it is confirmed, so that another process handles it after a crash', async (t) => {
  const { id, account } = await connect('hal')
  const stop = start({ database: { ...database, db: brokenTransactions() } })
  await chat(account, 'block')
  await until(async () => lines.join('').includes('could not handle a notice'))
  await stop()
  t.match(await connection(id), { status: 'active' })
  await sql`update notices set handle_at = now() where events is not null`
  await handleWaiting(services)
  t.match(await connection(id), { status: 'revoked' })
})

t.test('logs no token, and keeps polling while the provider refuses', async (t) => {
  await control('POST', '/quirks', { provider, quirk: 'refusesToken', on: true })
  const stop = start()
  await until(async () => lines.join('').includes('could not poll a provider'))
  await control('POST', '/quirks', { provider, quirk: 'refusesToken', on: false })
  const { id, account } = await connect('ida')
  await chat(account, 'block')
  await until(async () => (await connection(id))?.['status'] === 'revoked')
  await stop()
  t.match(lines.join(''), 'the bot token is not accepted; check TELEGRAM_BOT_TOKEN')
  t.notMatch(lines.join(''), 'sandbox-token')
})

t.test('stores the token of the bot in no table, and so in no job', async (t) => {
  await control('POST', '/quirks', { provider, quirk: 'refusesToken', on: true })
  const { id } = await connect('jon')
  const { id: notification } = await notify(['jon'])
  await until(async () => (await sql`select 1 from provider_hosts where provider = ${provider} and is_misconfigured`).length > 0)
  const tables = await sql<Array<{ name: string }>>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`
  const found = await Promise.all(tables.map(async ({ name }) => {
    const rows = await sql<Array<{ text: string }>>`select each::text as text from ${sql.unsafe(name)} as each`
    return { name, texts: rows.map(({ text }) => text) }
  }))
  t.ok(found.some(({ name, texts }) => !name.startsWith('public.') && texts.some((text) => text.includes(provider))), 'the jobs are among them')
  for (const { name, texts } of found) t.notOk(texts.some((text) => text.includes('sandbox-token')), name)
  await control('POST', '/quirks', { provider, quirk: 'refusesToken', on: false })
  await delivery(notification, id, 'sent')
})

/** Statements of one connection work, and transactions do not. */
function brokenTransactions (): typeof database.db {
  return new Proxy(database.db, {
    get: (db, name) => name === 'transaction' ? async () => { throw new Error('the process is gone') } : Reflect.get(db, name)
  })
}
