import { runMigrations } from 'bullmq'
import { openPgPool, parseDatabaseUrl } from '../postgres/index.ts'

/** Brings BullMQ's own tables at `url` up to date; they are used when there is no Redis. Safe to run from several places. */
export async function migrateQueue ({ url }: { url: string }): Promise<void> {
  const pool = openPgPool(parseDatabaseUrl(url), { max: 1, applicationName: 'carillon-migrate', statementTimeoutMs: 0 })
  pool.on('error', () => {}) // the statement under way fails with it
  try {
    const client = await pool.connect()
    await runMigrations(client).finally(() => client.release())
  } finally {
    await pool.end()
  }
}
