import type { Database } from '../db/index.ts'
import { sealContext, sealedColumns, VaultError } from '../vault/index.ts'
import type { KeyIdentity, SealedColumn, SealedColumnName, Vault } from '../vault/index.ts'

/** A row with a value that another key encrypted. The first ones are the columns of its primary key. */
interface StaleRow {
  rowKey: string[]
  value: string
}

/** A batch holds its row locks for one statement of some milliseconds. */
const maxRows = 500
/** Stored responses have up to megabytes each. PostgreSQL accepts at most 256 MiB of JSON. */
const maxBytes = 4 * 1024 * 1024

/**
 * Encrypts the values of a column with the current key, in batches by the primary key. A batch is committed before the next one,
 * so a run that ends early loses nothing. `onBatch` gets the number of values of each batch. Returns how many values stay as they
 * are because no key opens them.
 */
export async function rotateColumn (
  database: Database, vault: Vault, { name, current }: { name: SealedColumnName, current: KeyIdentity },
  { onBatch, signal }: { onBatch: (rotated: number) => void, signal: AbortSignal }
): Promise<number> {
  const column: SealedColumn = sealedColumns[name]
  let closed = 0
  let after: string[] | undefined
  while (!signal.aborted) {
    const { rows, last } = await readPage(database, column, current, after)
    if (last === undefined) break
    const opened = rows.flatMap((row) => {
      const fresh = reseal(vault, name, row)
      return fresh === undefined ? [] : [{ ...row, fresh }]
    })
    closed += rows.length - opened.length
    onBatch(await replaceValues(database, column, opened))
    after = last
  }
  return closed
}

/**
 * The next rows by primary key that another key has encrypted, and the last row that was read. A page ends before the value that
 * would make it too large, unless that is its first row.
 */
async function readPage (
  { sql }: Database, { table, column, rowKey }: SealedColumn, { id, fingerprint }: KeyIdentity, after: string[] | undefined
): Promise<{ rows: StaleRow[], last: string[] | undefined }> {
  const names = sql(rowKey.map(([name]) => name))
  const position = sql.unsafe(rowKey.map(([, type], index) => `(position[${index + 1}])::${type}`).join(', '))
  const page = await sql<Array<{ rowKey: string[], value: string | null }>>`
    with page as (
      select ${names}, array[${sql.unsafe(rowKey.map(([name]) => `${name}::text`).join(', '))}] as "rowKey",
        case when not starts_with(${sql(column)}, ${`v1.${id}.${fingerprint}`}) then ${sql(column)} end as value
      from ${sql(table)}
      ${after === undefined ? sql`` : sql`, (select ${after}::text[] as position) as given where (${names}) > (${position})`}
      order by ${names} limit ${maxRows}
    ), sized as (
      select "rowKey", value, row_number() over in_order as place, coalesce(sum(octet_length(value)) over in_order, 0) as bytes
      from page window in_order as (order by ${names})
    )
    select "rowKey", value from sized where place = 1 or bytes <= ${maxBytes} order by place`
  return {
    rows: page.flatMap(({ rowKey, value }) => value === null ? [] : [{ rowKey, value }]),
    last: page.at(-1)?.rowKey
  }
}

/** Undefined when no key opens the value. */
function reseal (vault: Vault, name: SealedColumnName, { rowKey, value }: StaleRow): string | undefined {
  const context = sealContext(name, ...rowKey)
  try {
    return vault.seal(vault.open(value, context), context)
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}

/**
 * Replaces values that are still the given ones: a refresh that has stored new credentials takes precedence. Skips locked rows
 * instead of waiting while it holds others, so it cannot take part in a deadlock. The next pass finds them. Returns how many it
 * replaced.
 */
async function replaceValues (
  { sql }: Database, { table, column, rowKey }: SealedColumn, rows: Array<StaleRow & { fresh: string }>
): Promise<number> {
  if (rows.length === 0) return 0
  const names = rowKey.map(([name]) => name)
  const given = JSON.stringify(rows.map(({ rowKey: keys, value, fresh }) =>
    ({ ...Object.fromEntries(names.map((name, index) => [name, keys[index]])), old_value: value, fresh_value: fresh })))
  const types = sql.unsafe(rowKey.map(([name, type]) => `${name} ${type}`).join(', '))
  const { count } = await sql`
    with given as (
      select * from jsonb_to_recordset(${given}::jsonb) as given(${types}, old_value text, fresh_value text)
    ), locked as (
      select ${sql(names)}, fresh_value from ${sql(table)} as stored join given using (${sql(names)})
      where ${sql(column)} = old_value order by ${sql(names)} for no key update of stored skip locked
    )
    update ${sql(table)} as stored set ${sql(column)} = fresh_value from locked
    where ${sql.unsafe(names.map((name) => `stored.${name} = locked.${name}`).join(' and '))}`
  return count
}
