import { readWebUrl } from '@carillon/http'

/** Parses a variable's text, or throws an Error whose message completes "NAME …" and contains no secret. */
export interface Reader<Value> {
  read: (text: string) => Value
  /** The accepted values, for error messages and `.env.example`. */
  accepts: string
  /** The text of a secret is never printed, not even in an error. */
  secret?: true
}

export const text: Reader<string> = { read: (value) => value, accepts: 'any text' }

export const secretText: Reader<string> = { ...text, secret: true }

export const port: Reader<number> = integer(0, 65_535)

export function integer (min: number, max: number): Reader<number> {
  return {
    accepts: `a whole number from ${min} to ${max}`,
    read: (value) => {
      const number = Number(value)
      if (!/^\d+$/.test(value) || number < min || number > max) throw new Error()
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
 * A web URL to which paths can be appended, as the URL parser writes it. It has no trailing slash, and no query or fragment,
 * which would absorb the paths.
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

/** The URL of a store, which may contain a password and parameters. */
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

/** `host` or `host:port`. */
export const hosts: Reader<string[]> = list('host names or addresses, with a port where it is not the usual one', (item) =>
  !/[/?#@\s]/.test(item) && URL.canParse(`http://${item}`))

export const emails: Reader<string[]> = list('e-mail addresses', (item) => /^[^\s@]+@[^\s@]+$/.test(item))

/** Items separated by commas. */
export function list (accepts: string, isRight: (item: string) => boolean): Reader<string[]> {
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

export function acceptsUrl (schemes: string[]): string {
  return `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`
}

/** The URL parser alone is too lenient: it accepts `https:host` and surrounding spaces. */
export function isUrl (value: string, schemes: string[]): boolean {
  return schemes.some((scheme) => value.toLowerCase().startsWith(`${scheme}://`)) && URL.canParse(value)
}
