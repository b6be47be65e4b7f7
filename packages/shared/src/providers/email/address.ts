import { domainToASCII } from 'node:url'

export interface EmailAddress {
  /** As the user wrote it, with the domain in lower case and in ASCII. */
  address: string
  /** The same for all spellings of one mailbox. */
  id: string
  domain: string
}

/** RFC 5321 §4.5.3.1, and the limit of a path without its brackets. */
const maxLocalLength = 64
const maxLength = 254

/**
 * The local part as a dot-atom (RFC 5322 §3.2.3, RFC 6531). Quoted local parts are not accepted: people do not have them, and
 * they may contain anything.
 */
const localPart = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u
const hostName = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

/** Undefined for a text that is no address. Servers may distinguish the case of the local part, so only the id ignores it. */
export function readAddress (text: string): EmailAddress | undefined {
  const trimmed = text.trim().normalize('NFC')
  const at = trimmed.lastIndexOf('@')
  const local = trimmed.slice(0, Math.max(0, at))
  const written = trimmed.slice(at + 1)
  // The URL parser ignores what follows the host.
  const domain = /^[\p{L}\p{M}\p{N}.-]+$/u.test(written) ? domainToASCII(written).toLowerCase() : ''
  const address = `${local}@${domain}`
  if (!localPart.test(local) || !hostName.test(domain) || /\.\d+$/.test(domain)) return undefined
  if (Buffer.byteLength(local) > maxLocalLength || Buffer.byteLength(address) > maxLength) return undefined
  return { address, id: address.toLowerCase(), domain }
}

export interface Mailbox {
  name: string
  address: EmailAddress
}

/** Reads `address` or `Name <address>`. */
export function readMailbox (text: string): Mailbox | undefined {
  const [, quoted = '', written = text] = /^(.*)<([^<>]*)>\s*$/.exec(text) ?? []
  const name = quoted.trim().replace(/^"(.*)"$/, '$1')
  const address = readAddress(written)
  return address === undefined || /[\p{Cc}"<>]/u.test(name) ? undefined : { name, address }
}
