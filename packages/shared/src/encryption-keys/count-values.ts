import { retryWithLongTimeout } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { sealedColumns } from '../vault/index.ts'
import type { KeyIdentity, SealedColumn, SealedColumnName } from '../vault/index.ts'

/** How many values of a column a key has encrypted. */
export interface KeyUse extends KeyIdentity {
  column: SealedColumnName
  values: number
}

/** Counts the encrypted values by their key. Reads every row of the tables that have such values. */
export async function countValues (database: Database): Promise<KeyUse[]> {
  const counts: KeyUse[] = []
  for (const [name, column] of Object.entries(sealedColumns) as Array<[SealedColumnName, SealedColumn]>) {
    const rows = await retryWithLongTimeout(database, (database) => countColumn(database, column))
    counts.push(...rows.map((row) => ({ ...row, column: name })))
  }
  return counts
}

export function isSameKey (one: KeyIdentity, other: KeyIdentity): boolean {
  return one.id === other.id && one.fingerprint === other.fingerprint
}

async function countColumn (
  { sql }: Database, { table, column }: SealedColumn
): Promise<Array<KeyIdentity & { values: number }>> {
  return await sql`
    select split_part(${sql(column)}, '.', 2) as id, left(split_part(${sql(column)}, '.', 3), 5) as fingerprint,
      count(*)::int as values
    from ${sql(table)} where ${sql(column)} is not null group by 1, 2 order by 1, 2`
}
