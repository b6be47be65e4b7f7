import { randomUUID } from 'node:crypto'
import { Queue, Worker } from 'bullmq'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { message } from '../message.ts'
import { deliveries, recipients } from './tables.ts'

export interface NaiveOrder {
  databaseUrl: string
  redisUrl: string
  prefix: string
  pushUrl: string
}

const concurrency = 50

/** A simple implementation: one job per recipient, which selects, fetches and updates. */
export async function broadcastNaively ({ databaseUrl, redisUrl, prefix, pushUrl }: NaiveOrder): Promise<{ sent: number }> {
  const sql = postgres(databaseUrl)
  const db = drizzle(sql)
  const { hostname, port, password } = new URL(redisUrl)
  const connection = { host: hostname, port: Number(port), password, maxRetriesPerRequest: null }
  const queue = new Queue<{ deliveryId: string }>('naive', { connection, prefix })

  const everybody = await db.select({ id: recipients.id }).from(recipients)
  const rows = everybody.map(({ id }) => ({ id: randomUUID(), recipientId: id }))
  await db.insert(deliveries).values(rows)
  await queue.addBulk(rows.map(({ id }) => ({ name: 'deliver', data: { deliveryId: id } })))

  let sent = 0
  await new Promise<void>((resolve, reject) => {
    const worker = new Worker<{ deliveryId: string }>('naive', async ({ data: { deliveryId } }) => {
      const [row] = await db.select({ accessToken: recipients.accessToken }).from(deliveries)
        .innerJoin(recipients, eq(recipients.id, deliveries.recipientId)).where(eq(deliveries.id, deliveryId))
      const response = await fetch(pushUrl, {
        method: 'POST',
        headers: { accept: 'application/json', 'access-token': row?.accessToken ?? '', 'content-type': 'application/json' },
        body: JSON.stringify({ ...message, guid: deliveryId })
      })
      if (!response.ok) throw new Error(`The provider answered ${response.status}`)
      const { iden } = await response.json() as { iden: string }
      await db.update(deliveries).set({ state: 'sent', attempts: 1, receipt: { id: iden }, updatedAt: new Date() })
        .where(eq(deliveries.id, deliveryId))
    }, { connection, prefix, concurrency })
    worker.on('failed', (_job, error) => reject(error))
    worker.on('completed', () => {
      if (++sent === rows.length) worker.close().then(resolve, reject)
    })
  })
  await queue.close()
  await sql.end()
  return { sent }
}
