import type { Database } from '@carillon/shared/db'
import { describeMissingKey, findMissingKeys } from '@carillon/shared/encryption-keys'
import { canOpenGrant, sampleGrants } from '@carillon/shared/grants'
import { createVault } from '@carillon/shared/vault'
import type { VaultKey } from '@carillon/shared/vault'
import { fault, ok } from './finding.ts'
import type { Finding } from './finding.ts'

/** Whether CARILLON_KEYS has every key that stored values need, and decrypts some credentials of each key. */
export async function checkKeys (database: Database, keys: [VaultKey, ...VaultKey[]]): Promise<Finding> {
  const vault = createVault(keys)
  const samples = await sampleGrants(database)
  const closed = samples.filter((sample) => !canOpenGrant(vault, sample))
  if (closed.length === 0) {
    const [missing] = await findMissingKeys(database, keys)
    if (missing === undefined) {
      return ok('CARILLON_KEYS', samples.length === 0 ? 'There are no stored credentials yet.' : 'The keys decrypt the stored credentials.')
    }
    return fault('CARILLON_KEYS', describeMissingKey(missing), 'The API and the worker do not start until then.')
  }
  const ids = [...new Set(closed.map(({ keyId }) => JSON.stringify(keyId)))].join(', ')
  return fault(
    'CARILLON_KEYS',
    `CARILLON_KEYS cannot decrypt stored credentials. They were encrypted with the key ${ids}, which is missing or has another value here.`,
    'Add the old key after the first one. Without it, the users have to connect again.'
  )
}
