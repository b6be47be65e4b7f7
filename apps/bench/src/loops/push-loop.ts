import { randomUUID } from 'node:crypto'
import { Pool } from 'undici'
import { message } from '../message.ts'

interface Order {
  origin: string
  path: string
  tokens: string[]
  concurrency: number
}

/**
 * A process that only pushes one message to each of a list of accounts, as fast as possible. An order prepares the requests,
 * and the next message starts sending them.
 */
process.on('message', (order: Order | { go: true } | 'usage') => {
  if (order === 'usage') return
  if ('go' in order) pushAll().then((result) => process.send?.(result))
  else {
    pool ??= new Pool(order.origin, { connections: order.concurrency })
    concurrency = order.concurrency
    requests = order.tokens.map((accessToken) => toRequest(order.path, accessToken))
    process.send?.({ prepared: requests.length })
  }
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })

let pool: Pool | undefined
let concurrency = 1
let requests: Array<ReturnType<typeof toRequest>> = []

function toRequest (path: string, accessToken: string) {
  return {
    method: 'POST' as const,
    path,
    headers: { accept: 'application/json', 'access-token': accessToken, 'content-type': 'application/json' },
    body: JSON.stringify({ ...message, guid: randomUUID() })
  }
}

async function pushAll (): Promise<{ pushed: number }> {
  const waiting = requests.values()
  await Promise.all(Array.from({ length: concurrency }, async () => {
    for (const request of waiting) {
      const response = await pool?.request(request)
      await response?.body.text()
      if (response?.statusCode !== 200) throw new Error(`The simulator answered ${response?.statusCode}`)
    }
  }))
  return { pushed: requests.length }
}
