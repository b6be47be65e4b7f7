import type { Database } from '@carillon/shared/db'
import { VaultError } from '@carillon/shared/vault'
import type { Vault } from '@carillon/shared/vault'

/** All tables but the partitions, from the catalog. */
export async function listTables (sql: Database['sql']): Promise<string[]> {
  const rows = await sql<Array<{ name: string }>>`
    select relname as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = 'public' and relkind in ('r', 'p') and not relispartition and relname not like 'bullmq%' order by relname`
  return rows.map(({ name }) => name)
}

/** The tables that contain one of these words in any column, also in bytes and in sealed values, with the first row of each. */
export async function findTraces (
  { database: { sql }, vault }: { database: Database, vault: Vault }, words: string[]
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const table of await listTables(sql)) {
    const rows = await sql<Array<{ row: Record<string, unknown> }>>`select to_jsonb(one) as row from ${sql(table)} as one`
    for (const { row } of rows) {
      const text = Object.entries(row).map(([column, value]) => decode(vault, table, column, value, row)).join('\n')
      if (words.some((word) => text.includes(word))) found.set(table, text)
    }
  }
  return found
}

function decode (vault: Vault, table: string, column: string, value: unknown, row: Record<string, unknown>): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  if (value.startsWith('\\x')) return Buffer.from(value.slice(2), 'hex').toString()
  if (!value.startsWith('v1.')) return value
  const contexts = [
    { table, column, id: String(row['id']) },
    // Credentials were columns of `connections` once, and their seals say so.
    { table: 'connections', column, id: String(row['id']) },
    { table, column, id: `${String(row['caller_id'])}/${String(row['key_hash'])}` }
  ]
  for (const context of contexts) {
    try {
      return vault.open(value, context)
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
    }
  }
  throw new Error(`the sealed value of ${table}.${column} cannot be searched`)
}
