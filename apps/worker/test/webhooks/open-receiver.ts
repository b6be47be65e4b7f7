import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEndpoint, readSecrets } from '@carillon/shared/endpoints'
import { newId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import type { Vault } from '@carillon/shared/vault'
import { Webhook } from 'standardwebhooks'
import type { Test } from 'tap'

interface ReceivedEvent {
  id: string
  headers: Record<string, string>
  body: string
  /** The event, after its signature was verified with the secret of the endpoint. */
  event: { id: string, type: string, createdAt: string, data: Record<string, unknown> }
}

type Respond = (response: ServerResponse, received: ReceivedEvent) => unknown

/** A site's endpoint at Carillon, with the server behind it. It verifies every request, and responds with 204 at first. */
export async function openReceiver (
  t: Test, { database, vault }: { database: Database, vault: Vault }, events: string[] = ['*']
) {
  const id = newId()
  const received: ReceivedEvent[] = []
  const errors: unknown[] = []
  let respond: Respond = (response) => response.writeHead(204).end()
  let onReceive = (): void => {}
  const server = createServer(async (request, response) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const body = Buffer.concat(await request.toArray()).toString()
    try {
      const [secret] = await readSecrets(database, vault, id, Date.now()) ?? ['']
      const { 'webhook-id': webhookId = '', 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers
      const expected = new Webhook(secret).sign(webhookId, new Date(Number(timestamp) * 1_000), body)
      if (!signatures.split(' ').includes(expected)) throw new Error('wrong signature')
      const one = { id: webhookId, headers, body, event: JSON.parse(body) }
      received.push(one)
      respond(response, one)
    } catch (error) {
      errors.push(error)
      response.writeHead(500).end()
    }
    onReceive()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { server.close().closeAllConnections() })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  await createEndpoint(database, vault, { id, url, description: null, events, enabled: true })
  return {
    id,
    received,
    errors,
    respondWith: (next: Respond) => { respond = next },
    fail: (status: number, headers: Record<string, string> = {}) => { respond = (response) => response.writeHead(status, headers).end('no') },
    accept: () => { respond = (response) => response.writeHead(204).end() },
    /** Resolves when this many events were received in all. */
    receives: (count: number) => new Promise<void>((resolve) => {
      onReceive = () => { if (received.length >= count) resolve() }
      onReceive()
    })
  }
}
