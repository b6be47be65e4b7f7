import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import postgres from 'postgres'

/**
 * The baseline for the API: one route stores the request in one INSERT and responds, and another only responds. Neither looks
 * up a key, validates, logs or queues anything.
 */
const connections = 10

process.on('message', (order: { databaseUrl: string } | 'usage') => {
  if (order !== 'usage') serve(order.databaseUrl).then((url) => process.send?.({ url }))
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })

async function serve (databaseUrl: string): Promise<string> {
  const sql = postgres(databaseUrl, { max: connections, onnotice: () => {} })
  await sql`create table if not exists bare (id uuid primary key, body jsonb not null, created_at timestamptz not null default now())`
  const app = fastify()
  app.post('/insert', async ({ body }, reply) => {
    const id = randomUUID()
    await sql`insert into bare (id, body) values (${id}, ${sql.json(body as postgres.JSONValue)})`
    reply.code(202)
    return { id }
  })
  app.post('/nothing', async (_request, reply) => {
    reply.code(202)
    return { id: randomUUID() }
  })
  return app.listen({ host: '127.0.0.1', port: 0 })
}
