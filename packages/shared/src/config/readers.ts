import { isTag, levels } from '../providers/blotre/stream-style.ts'
import type { Level } from '../providers/blotre/stream-style.ts'
import { createGuard, readWebUrl } from '../http/index.ts'
import { parseDatabaseUrl } from '../postgres/index.ts'
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

/**
 * A web URL that paths can be put behind, as the URL parser writes it: without a trailing slash, and without a query or fragment
 * that would swallow them.
 */
export function url (...schemes: string[]): Reader<string> {
  return {
    accepts: `${acceptsUrl(schemes)}, without ? and #`,
    read: (value) => {
      if (!isUrl(value, schemes) || /[?#]/.test(value)) throw new Error()
      const read = readWebUrl(value)
      if ('fault' in read) throw new Error(read.fault)
      return read.url.replace(/\/+$/, '')
    }
  }
}

/** The URL of a store, which may hold a password and parameters. */
export function secretUrl (...schemes: string[]): Reader<string> {
  return {
    accepts: acceptsUrl(schemes),
    secret: true,
    read: (value) => {
      if (!isUrl(value, schemes)) throw new Error()
      return value
    }
  }
}

/** Only looked at here: who opens the database parses it again. */
export const databaseUrl: Reader<string> = {
  accepts: acceptsUrl(['postgres', 'postgresql']),
  secret: true,
  read: (value) => {
    parseDatabaseUrl(value)
    return value
  }
}

export const origins: Reader<string[]> = list('origins such as https://site.example', (item) =>
  isUrl(item, ['http', 'https']) && new URL(item).origin === item)

export const hostsOrRanges: Reader<string[]> = list('host names, addresses or CIDR ranges', isHostOrRange)

/** `host` or `host:port`. */
export const hosts: Reader<string[]> = list('host names or addresses, with a port where it is not the usual one', (item) =>
  !/[/?#@\s]/.test(item) && URL.canParse(`http://${item}`))

export const emails: Reader<string[]> = list('e-mail addresses', (item) => /^[^\s@]+@[^\s@]+$/.test(item))

export const scopes: Reader<string[]> = list('names such as ads_read', (item) => /^[a-z][a-z0-9_]*$/.test(item))

export const graphVersion: Reader<string> = {
  accepts: 'a version such as v26.0',
  read: (value) => {
    if (!/^v\d+\.\d+$/.test(value)) throw new Error()
    return value
  }
}

export const tags: Reader<string[]> = list('tags of 1 to 32 letters, digits, _, - or $, which are not six hexadecimal digits', isTag)

const levelColors = list('level=rrggbb pairs such as error=b91c1c, the levels being info, success, warning and error', (item) =>
  levels.some((level) => item.startsWith(`${level}=`)) && /=[0-9a-f]{6}$/i.test(item) && item.split('=').length === 2)

/** `#rrggbb` for each level that is named. Without its `#`, which would begin a comment in files of variables. */
export const colors: Reader<Partial<Record<Level, string>>> = {
  ...levelColors,
  read: (value) => Object.fromEntries(levelColors.read(value).map((item) => {
    const [name = '', digits = ''] = item.split('=')
    return [levels.find((level) => level === name) ?? 'info', `#${digits.toLowerCase()}`]
  }))
}

function list (accepts: string, isRight: (item: string) => boolean): Reader<string[]> {
  return {
    accepts: `${accepts}, separated by commas`,
    read: (value) => {
      const items = value.split(',').map((item) => item.trim()).filter((item) => item !== '')
      const wrong = items.find((item) => !isRight(item))
      if (wrong !== undefined) throw new Error(`has ${JSON.stringify(wrong)}`)
      return items
    }
  }
}

function acceptsUrl (schemes: string[]): string {
  return `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`
}

/** The URL parser alone is too kind: it takes `https:host` and surrounding spaces. */
function isUrl (value: string, schemes: string[]): boolean {
  return schemes.some((scheme) => value.toLowerCase().startsWith(`${scheme}://`)) && URL.canParse(value)
}

/** The guard is who reads them in the end, so it has the say here too. */
function isHostOrRange (item: string): boolean {
  try {
    createGuard([item])
    return true
  } catch {
    return false
  }
}
