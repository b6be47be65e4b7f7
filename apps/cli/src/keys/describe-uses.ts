import { isSameKey } from '@carillon/shared/encryption-keys'
import type { KeyUse } from '@carillon/shared/encryption-keys'
import { identifyKey } from '@carillon/shared/vault'
import type { KeyIdentity, VaultKey } from '@carillon/shared/vault'

/** One line for each key that encrypts values, with what it encrypts. */
export function describeUses (uses: KeyUse[], keys: [VaultKey, ...VaultKey[]]): string[] {
  const known = keys.map(identifyKey)
  const used = uses.filter((use, index) => uses.findIndex((other) => isSameKey(other, use)) === index)
  const unused = known.filter((key) => !used.some((use) => isSameKey(use, key)))
  return [...used, ...unused].map((key) => {
    const own = uses.filter((use) => isSameKey(use, key))
    const values = own.reduce((sum, use) => sum + use.values, 0)
    const columns = own.map((use) => `${use.column} ${use.values}`).join(', ')
    return `${key.id}: ${values} ${values === 1 ? 'value' : 'values'}${values === 0 ? '' : ` (${columns})`}, ${roleOf(key, known)}`
  })
}

function roleOf (key: KeyIdentity, known: KeyIdentity[]): string {
  const place = known.findIndex((one) => isSameKey(one, key))
  if (place === 0) return 'the first key of CARILLON_KEYS'
  if (place > 0) return 'in CARILLON_KEYS'
  return known.some(({ id }) => id === key.id) ? 'has another value in CARILLON_KEYS' : 'missing from CARILLON_KEYS'
}
