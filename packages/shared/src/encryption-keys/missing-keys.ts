import type { Database } from '../db/index.ts'
import { identifyKey } from '../vault/index.ts'
import type { KeyIdentity, VaultKey } from '../vault/index.ts'
import { countValues, isSameKey } from './count-values.ts'
import { deleteKeyRecord, listKeyRecords } from './key-records.ts'

/** A key that encrypted values need, and that CARILLON_KEYS does not have. */
export interface MissingKey extends KeyIdentity {
  values: number
  /** CARILLON_KEYS has a key of this id, with another value. */
  isReplaced: boolean
}

/**
 * The keys that `keys` lacks and stored values need. Counts the values only if a recorded key is missing, and forgets recorded
 * keys that no value needs.
 */
export async function findMissingKeys (database: Database, keys: VaultKey[]): Promise<MissingKey[]> {
  const known = keys.map(identifyKey)
  const isKnown = (key: KeyIdentity): boolean => known.some((one) => isSameKey(one, key))
  const unknown = (await listKeyRecords(database)).filter((key) => !isKnown(key))
  if (unknown.length === 0) return []
  const counts = await countValues(database)
  const counted = unknown.map(({ id, fingerprint }) => ({
    id,
    fingerprint,
    values: counts.filter((one) => isSameKey(one, { id, fingerprint })).reduce((sum, { values }) => sum + values, 0),
    isReplaced: known.some((one) => one.id === id)
  }))
  for (const key of counted) if (key.values === 0) await deleteKeyRecord(database, key)
  return counted.filter(({ values }) => values > 0)
}

/** What is missing and what to do, in one line. */
export function describeMissingKey ({ id, values, isReplaced }: MissingKey): string {
  const count = values === 1 ? '1 stored value' : `${values} stored values`
  return isReplaced
    ? `CARILLON_KEYS has another value for the key ${id} than the one that encrypted ${count}. Restore the old value.`
    : `CARILLON_KEYS lacks the key ${id}, which encrypted ${count}. Add the key after the first one, and run \`carillon keys rotate\` before you remove it.`
}
