import { runMigrations } from 'bullmq'
import { openPgPool, parseDatabaseUrl } from '../postgres/index.ts'

/** Migrates BullMQ's own tables at `url`, which are used without Redis. Concurrent calls are safe. */
export async function migrateQueue ({ url }: { url: string }): Promise<void> {
  const pool = openPgPool(parseDatabaseUrl(url), { max: 1, applicationName: 'carillon-migrate', statementTimeoutMs: 0 })
  pool.on('error', () => {}) // the running statement rejects with the same error
  try {
    const client = await pool.connect()
    await runMigrations(client).finally(() => client.release())
  } finally {
    await pool.end()
  }
}
