import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

interface SigningKey {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
}

/** The keys that sign id_tokens (ES256). */
export interface SigningKeys {
  /** The published keys, the newest first. */
  jwks: () => { keys: object[] }
  sign: (claims: object, options: { isUnpublished: boolean }) => string
  /** From now on, a new key signs. The earlier ones stay published. */
  rotate: () => void
  reset: () => void
}

export function createSigningKeys (): SigningKeys {
  let keys: SigningKey[] = []
  let unpublished: SigningKey | undefined

  return {
    jwks: () => ({ keys: all().map(({ kid, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' })) }),

    sign (claims, { isUnpublished }) {
      const [newest] = all()
      const { kid, privateKey } = isUnpublished ? unpublished ??= createKey() : newest
      const content = [{ alg: 'ES256', kid, typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
      return `${content}.${sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
    },

    rotate: () => { keys = [createKey(), ...keys] },
    reset: () => { keys = [] }
  }

  function all (): [SigningKey, ...SigningKey[]] {
    const [first = createKey(), ...others] = keys
    keys = [first, ...others]
    return [first, ...others]
  }
}

function createKey (): SigningKey {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = createHash('sha256').update(pair.publicKey.export({ format: 'der', type: 'spki' })).digest('base64url').slice(0, 12)
  return { kid, ...pair }
}
