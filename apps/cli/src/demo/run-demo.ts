import { loadConfig } from '@carillon/shared/config'
import { exampleProvider } from '@carillon/shared/providers'
import { poll } from '@carillon/shared/retry'
import { request } from 'undici'
import { openApiClient } from '../api-client.ts'
import type { CommandContext } from '../command-context.ts'
import { isSettled } from '../notifications/api/notification.ts'
import { openNotificationsApi } from '../notifications/api/notifications-api.ts'
import { printable } from '../printable.ts'
import { readUpFile } from '../up-file.ts'
import { environmentOfUp } from './environment-of-up.ts'

interface Output {
  print: CommandContext['print']
  /** Tells what happens, for people. */
  explain: (line: string) => void
}

interface Account {
  account: string
  accessToken: string
}

interface InboxItem {
  account: string
  item: { title?: string, body?: string }
}

const maxWaitMs = 30_000

/** Connects a new simulated account of the user, sends a notification, and prints what the account received. */
export async function runDemo (env: CommandContext['env'], userId: string, { print, explain }: Output): Promise<void> {
  const { CARILLON_DATA_DIR: dataDir } = loadConfig(env)
  const { sandboxUrl } = await readUpFile(dataDir)
  if (!sandboxUrl) throw new Error(`the demo needs simulators, and no \`carillon up\` with simulators runs in ${dataDir}`)
  const ofUp = environmentOfUp(env)
  const [client, notifications] = await Promise.all([openApiClient(ofUp), openNotificationsApi(ofUp)])

  const { data: [created] } = await callSandbox<{ data: Account[] }>('POST', `${sandboxUrl}/_control/accounts`, {
    provider: exampleProvider, count: 1
  })
  if (created === undefined) throw new Error(`the simulator of ${exampleProvider} created no account`)
  const { account, accessToken } = created
  const connection = { userId, provider: exampleProvider, account: { id: account, name: account }, credentials: { accessToken } }
  const { failed } = await client.post('/v1/connections/import', { connections: [connection] }) as { failed: number }
  if (failed > 0) throw new Error(`the API refused the account ${account} of the simulator`)
  explain(`Connected the account ${account} of the simulated ${exampleProvider} to the user ${printable(userId)}.`)

  const message = { type: 'note', title: `Hello ${userId}`, body: 'This is your first notification.' }
  const { id } = await client.post('/v1/notifications', { audience: { userIds: [userId] }, message }) as { id: string }
  explain(`Sent ${id}. Waiting for the worker to deliver it …`)
  const ended = await poll(async () => {
    const notification = await notifications.find(id)
    return isSettled(notification) ? notification : undefined
  }, { timeoutMs: maxWaitMs })
  if (ended === undefined || ended.counts.sent === 0) throw new Error(`${id} was not delivered; \`carillon why ${userId} ${id}\` explains why`)

  const inbox = await callSandbox<{ data: InboxItem[] }>('GET', `${sandboxUrl}/_control/inbox?provider=${exampleProvider}&account=${account}`)
  explain(`The account ${account} received:`)
  for (const { item } of inbox.data) print(`${printable(item.title ?? '')}: ${printable(item.body ?? '')}`)
  explain(`Its screen: ${sandboxUrl}`)
}

async function callSandbox<Result> (method: 'GET' | 'POST', url: string, body?: object): Promise<Result> {
  const response = await request(url, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body)
  })
  const text = await response.body.text()
  if (response.statusCode >= 400) throw new Error(`the sandbox responded with ${response.statusCode}: ${printable(text)}`)
  return JSON.parse(text)
}
