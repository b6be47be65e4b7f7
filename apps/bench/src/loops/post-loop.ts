import { Pool } from 'undici'

interface Order {
  origin: string
  path: string
  token: string
  bodies: string[]
  clients: number
  /** The status of an accepted request. Default: 202. */
  status?: number
}

/** A process of clients that each post, wait for the response, and post again, until all bodies are accepted. */
process.on('message', (order: Order | 'usage') => {
  if (order !== 'usage') postAll(order).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })

let pool: Pool | undefined

async function postAll ({ origin, path, token, bodies, clients, status = 202 }: Order): Promise<{ accepted: number }> {
  const open = pool ??= new Pool(origin, { connections: clients })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const waiting = bodies.values()
  let accepted = 0
  await Promise.all(Array.from({ length: clients }, async () => {
    for (const body of waiting) {
      const response = await open.request({ method: 'POST', path, headers, body })
      const text = await response.body.text()
      if (response.statusCode !== status) throw new Error(`POST ${path} answered ${response.statusCode}: ${text.slice(0, 500)}`)
      accepted++
    }
  }))
  return { accepted }
}
