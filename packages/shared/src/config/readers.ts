import { isIP } from 'node:net'
import { acceptsUrl, isUrl, list } from '../env/index.ts'
import type { Reader } from '../env/index.ts'
import { createGuard } from '@carillon/http'
import { parseDatabaseUrl } from '../postgres/index.ts'
import { parseVaultKeys } from '../vault/index.ts'

/** Keys that sign and are not derived from those of the vault. */
export const signingKeys = {
  read: parseVaultKeys,
  accepts: 'id:base64key,… with 32 bytes a key; the first signs, all verify',
  secret: true
} satisfies Reader<unknown>

export const keys = {
  read: parseVaultKeys,
  accepts: 'id:base64key,… with 32 bytes a key; the first seals, all open',
  secret: true
} satisfies Reader<unknown>

/** Only validates the URL. `openDatabase` parses it again. */
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

/** The names of values that a text may contain as `{name}`. */
const welcomeNames = ['provider', 'site']

export function welcomeText (maxLength: number): Reader<string> {
  return {
    accepts: `a text of at most ${maxLength} characters, with {${welcomeNames.join('} and {')}}`,
    read: (value) => {
      const unknown = [...value.matchAll(/\{(\w+)\}/g)].find(([, name = '']) => !welcomeNames.includes(name))
      if (unknown !== undefined) throw new Error(`has ${unknown[0]}`)
      if (value.length > maxLength) throw new Error(`has ${value.length} characters`)
      return value
    }
  }
}

export const files: Reader<string[]> = list('paths of JSON or YAML files', () => true)

export const addressesOrRanges: Reader<string[]> = list('addresses or CIDR ranges', isAddressOrRange)

export const hostsOrRanges: Reader<string[]> = list('host names, addresses or CIDR ranges', isHostOrRange)

function isAddressOrRange (item: string): boolean {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(item) ?? []
  const version = isIP(address)
  return version !== 0 && Number(bits ?? 0) <= (version === 4 ? 32 : 128)
}

/** The guard reads this list, so it also validates the entries. */
function isHostOrRange (item: string): boolean {
  try {
    createGuard([item])
    return true
  } catch {
    return false
  }
}
