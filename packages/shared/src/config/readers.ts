import ipaddr from 'ipaddr.js'
import { parseVaultKeys } from '../vault/index.ts'

/** Turns a variable's text into its value, or throws an Error whose message completes "NAME …" and shows no secret. */
export interface Reader<Value> {
  read: (text: string) => Value
  /** What it accepts, for the error line and for `.env.example`. */
  accepts: string
  /** A secret's text is never shown, not even when it is wrong. */
  secret?: true
}

export const text: Reader<string> = { read: (value) => value, accepts: 'any text' }

export const secretText: Reader<string> = { ...text, secret: true }

export const keys = {
  read: parseVaultKeys,
  accepts: 'id:base64key,… with 32 bytes a key; the first seals, all open',
  secret: true
} satisfies Reader<unknown>

export const port: Reader<number> = integer(0, 65_535)

export function integer (least: number, most: number): Reader<number> {
  return {
    accepts: `a whole number from ${least} to ${most}`,
    read: (value) => {
      const number = Number(value)
      if (!/^\d+$/.test(value) || number < least || number > most) throw new Error()
      return number
    }
  }
}

export function oneOf<const Choice extends string> (...choices: Choice[]): Reader<Choice> {
  return {
    accepts: choices.join(', '),
    read: (value) => {
      const found = choices.find((choice) => choice === value)
      if (found === undefined) throw new Error()
      return found
    }
  }
}

/** A URL of one of these schemes, without a trailing slash. */
export function url (...schemes: string[]): Reader<string> {
  return {
    accepts: `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    read: (value) => {
      if (!URL.canParse(value) || !schemes.includes(new URL(value).protocol.slice(0, -1))) throw new Error()
      return value.replace(/\/+$/, '')
    }
  }
}

/** A URL that may hold a password. */
export function secretUrl (...schemes: string[]): Reader<string> {
  return { ...url(...schemes), secret: true }
}

export const origins: Reader<string[]> = list('https://site.example,…', (item) => {
  if (!URL.canParse(item) || !['http:', 'https:'].includes(new URL(item).protocol) || new URL(item).origin !== item) throw new Error()
})

export const hostsOrRanges: Reader<string[]> = list('host names, addresses or CIDR ranges, separated by commas', (item) => {
  if (item.includes('/') ? !ipaddr.isValidCIDR(item) : !/^[\w.:-]+$/.test(item)) throw new Error()
})

function list (accepts: string, check: (item: string) => void): Reader<string[]> {
  return {
    accepts,
    read: (value) => {
      const items = value.split(',').map((item) => item.trim()).filter((item) => item !== '')
      for (const item of items) check(item)
      return items
    }
  }
}
