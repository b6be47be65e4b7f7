import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isLoopback } from '@carillon/http'
import { isUrl } from '../../../env/index.ts'
import type { Reader } from '../../../env/index.ts'

/** A text of 1 to 100 characters. */
export const shortText: Reader<string> = pattern(/^[^\p{Cc}]{1,100}$/u, 'a text of 1 to 100 characters')

export const serviceId: Reader<string> = pattern(/^[a-z][a-z0-9_]{1,29}$/, 'a literal of 2 to 30 characters: a-z, 0-9 and _, beginning with a letter')

export const scopeToken: Reader<string[]> = {
  accepts: 'scopes, as a list or separated by spaces',
  read: (value) => {
    const scopes = value.split(/\s+/).filter((scope) => scope !== '')
    if (!scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))) throw new Error()
    return scopes
  }
}

/** RFC 6901. */
export const jsonPointer: Reader<string> = pattern(/^(\/([^~/]|~[01])*)*$/, 'a JSON pointer such as /user/id')

export const headerName: Reader<string> = pattern(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'the name of a header')

export const headerValue: Reader<string> = pattern(/^[\x20-\x7e]{0,1000}$/, 'printable ASCII without variables of the message')

/** A pattern that is matched with a short text of the response. */
export const regularExpression: Reader<RegExp> = { accepts: 'a regular expression', read: (value) => new RegExp(value, 'u') }

/** A status, or a class of them such as `4xx`. */
export const statusPattern: Reader<string> = pattern(/^[1-5](\d\d|xx)$/, 'a status such as 404, or a class such as 4xx')

export const privateKey: Reader<KeyObject> = {
  accepts: 'a private key in PEM: RSA, P-256, P-384 or Ed25519',
  secret: true,
  read: (value) => {
    const key = parsePem(value)
    const { asymmetricKeyType: type = '', asymmetricKeyDetails: { namedCurve = '' } = {} } = key
    if (!['rsa', 'ed25519'].includes(type) && !['prime256v1', 'secp384r1'].includes(namedCurve)) throw new Error()
    return key
  }
}

/** Credentials go to these URLs, so they need TLS, except on this machine. */
export const secureUrl: Reader<string> = {
  accepts: 'a URL that starts with https://, or with http:// on this machine, without #',
  read: (value) => {
    if (!isSecure(value)) throw new Error()
    return value
  }
}

/** An issuer has no query (RFC 8414 §2). */
export const issuerUrl: Reader<string> = {
  accepts: `${secureUrl.accepts} and ?`,
  read: (value) => {
    if (!isSecure(value) || value.includes('?')) throw new Error()
    return value
  }
}

export function isSecure (value: string): boolean {
  if (!isUrl(value, ['https', 'http']) || value.includes('#')) return false
  const { protocol, hostname, username, password } = new URL(value)
  return username === '' && password === '' && (protocol === 'https:' || isLoopback(hostname))
}

/** Files with variables have a PEM in one line. The error of the parser has a message of its own. */
function parsePem (value: string): KeyObject {
  try {
    return createPrivateKey(value.replaceAll('\\n', '\n'))
  } catch {
    throw new Error()
  }
}

function pattern (form: RegExp, accepts: string): Reader<string> {
  return {
    accepts,
    read: (value) => {
      if (!form.test(value)) throw new Error()
      return value
    }
  }
}
