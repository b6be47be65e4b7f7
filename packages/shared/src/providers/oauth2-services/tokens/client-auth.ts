import { webcrypto } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ClientSecretBasic, ClientSecretPost, None, PrivateKeyJwt } from 'openid-client'
import type { ClientAuth } from 'openid-client'
import type { ClientConfig } from '../config/service-config.ts'

/** How the client authenticates at the token and revocation endpoints (RFC 6749 §2.3.1, RFC 7523 §2.2). */
export async function createClientAuth ({ method, secret = '', key, keyId }: ClientConfig): Promise<ClientAuth> {
  switch (method) {
    case 'client_secret_basic': return ClientSecretBasic(secret)
    case 'client_secret_post': return ClientSecretPost(secret)
    case 'none': return None()
    case 'private_key_jwt':
      if (key === undefined) throw new TypeError('private_key_jwt needs a key')
      return PrivateKeyJwt({ key: await importKey(key), ...keyId !== undefined && { kid: keyId } })
  }
}

/** RS256, ES256, ES384 or EdDSA, by the type of the key. */
async function importKey (key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = key.export({ format: 'der', type: 'pkcs8' })
  return await webcrypto.subtle.importKey('pkcs8', der, algorithmOf(key), false, ['sign'])
}

function algorithmOf ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject) {
  if (asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  if (asymmetricKeyType === 'ed25519') return { name: 'Ed25519' }
  const curve = asymmetricKeyDetails?.namedCurve
  if (curve === 'prime256v1') return { name: 'ECDSA', namedCurve: 'P-256' }
  if (curve === 'secp384r1') return { name: 'ECDSA', namedCurve: 'P-384' }
  throw new TypeError('the private key is neither RSA, P-256, P-384 nor Ed25519')
}
