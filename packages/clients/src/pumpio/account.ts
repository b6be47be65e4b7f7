import { ProviderError } from '@carillon/http'

/** The parts of `nick@host`. `host` contains a port if it is not the default one. */
export interface PumpioAccount {
  name: string
  host: string
}

/** The URLs of accounts: https, except for the configured insecure hosts. */
export interface PumpioHosts {
  /** Throws ProviderError `rejected` for an invalid account. */
  parseAccount: (text: string) => PumpioAccount
  /** For example `https://host`. */
  originOf: (host: string) => string
  /**
   * The account's id as a person on its own server. A host with a port only recognizes the profile's URL. It accepts
   * `acct:nick@host:port` but delivers nothing.
   */
  personIdOf: (account: PumpioAccount) => string
}

/** `insecureHosts` lists each `host` or `host:port` that uses plain http. Throws TypeError for an invalid one. */
export function createPumpioHosts (insecureHosts: readonly string[]): PumpioHosts & { insecureOrigins: string[] } {
  const insecure = new Set(insecureHosts.map((host) => {
    const canonical = canonicalHost('http:', host)
    if (canonical === undefined) throw new TypeError(`'${host}' is not a host`)
    return canonical
  }))

  return {
    insecureOrigins: [...insecure].map((host) => `http://${host}`),
    parseAccount (text) {
      const [, name = '', given = ''] = accountForm.exec(text.trim()) ?? []
      const plain = canonicalHost('http:', given)
      const host = plain !== undefined && insecure.has(plain) ? plain : canonicalHost('https:', given)
      // The error does not repeat the text, because a user may have entered a password in the wrong field.
      if (host === undefined) throw new ProviderError({ kind: 'rejected', reason: 'not an account like nick@host' }, 'pump.io')
      return { name, host }
    },
    originOf,
    personIdOf: ({ name, host }) => /:\d+$/.test(host) ? `${originOf(host)}/api/user/${name}/profile` : `acct:${name}@${host}`
  }

  function originOf (host: string): string {
    return `${insecure.has(host) ? 'http' : 'https'}://${host}`
  }
}

/** Whether a user has chosen the host of a URL. Only configured hosts use http. */
export function isUserHost (url: string): boolean {
  return new URL(url).protocol === 'https:'
}

/** Formats an account as `nick@host`. */
export function accountText ({ name, host }: PumpioAccount): string {
  return `${name}@${host}`
}

const accountForm = /^(?:acct:|@)?([\w.-]{1,64})@([^\s@/\\?#]{1,261})$/i

/** The host as in a parsed URL: lower-case, punycode, without the default port. Undefined when the text is not only a host. */
function canonicalHost (scheme: 'http:' | 'https:', text: string): string | undefined {
  if (text === '' || !URL.canParse(`${scheme}//${text}`)) return undefined
  const url = new URL(`${scheme}//${text}`)
  return url.href === `${scheme}//${url.host}/` && url.hostname !== '' ? url.host : undefined
}
