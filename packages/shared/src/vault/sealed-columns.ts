import type { SealContext } from './vault.ts'

/** A column whose values are sealed. */
export interface SealedColumn {
  table: string
  column: string
  /** The primary key of the table: its columns and their types. */
  rowKey: ReadonlyArray<readonly [name: string, type: 'uuid' | 'text']>
  /** The table and column in the context of the seal, where they differ. */
  sealedAs?: { table: string, column: string }
}

const byId = [['id', 'uuid']] as const

/** All sealed columns. `carillon keys rotate` re-encrypts them, so a column that is missing here would lose its values. */
export const sealedColumns = {
  // Credentials were columns of `connections` before grants existed. The context is part of each seal, so it stays.
  'grants.credentials': { table: 'grants', column: 'credentials', rowKey: byId, sealedAs: { table: 'connections', column: 'credentials' } },
  'connections.target': { table: 'connections', column: 'target', rowKey: byId },
  'revocations.credentials': { table: 'revocations', column: 'credentials', rowKey: byId },
  'registrations.client': { table: 'registrations', column: 'client', rowKey: byId },
  'endpoints.secrets': { table: 'endpoints', column: 'secrets', rowKey: byId },
  'notices.events': { table: 'notices', column: 'events', rowKey: byId },
  'handshakes.pending': { table: 'handshakes', column: 'pending', rowKey: byId },
  'handshakes.new_secret': { table: 'handshakes', column: 'new_secret', rowKey: byId },
  'idempotency_keys.response': { table: 'idempotency_keys', column: 'response', rowKey: [['caller_id', 'uuid'], ['key_hash', 'text']] }
} as const satisfies Record<string, SealedColumn>

export type SealedColumnName = keyof typeof sealedColumns

/** The context of the value in a row. `rowKey` has the values of the primary key. */
export function sealContext (name: SealedColumnName, ...rowKey: string[]): SealContext {
  const { table, column, sealedAs = { table, column } }: SealedColumn = sealedColumns[name]
  return { table: sealedAs.table, column: sealedAs.column, id: rowKey.join('/') }
}
