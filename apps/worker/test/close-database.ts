import { openDatabase } from '@carillon/shared/db'

/** Ends all connections to the database at `url` and refuses new ones. Returns a function that allows them again. */
export async function closeDatabase (url: string): Promise<() => Promise<void>> {
  const name = new URL(url).pathname.slice(1)
  const elsewhere = new URL(url)
  elsewhere.pathname = '/postgres'
  const { sql, close } = openDatabase({ url: elsewhere.href, max: 1 })
  await sql`alter database ${sql(name)} with allow_connections false`
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
  return async () => {
    await sql`alter database ${sql(name)} with allow_connections true`
    await close()
  }
}
