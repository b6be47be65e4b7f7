import { ProviderError } from '@carillon/http'

/** `nick@host`, taken apart. `host` has its port where that is not the default one. */
export interface PumpioAccount {
  name: string
  host: string
}

/** Where accounts live: over https, but for the hosts that configuration names. */
export interface PumpioHosts {
  /** Throws ProviderError `rejected` when it is none. */
  parseAccount: (text: string) => PumpioAccount
  /** `https://host`. */
  originOf: (host: string) => string
  /**
   * The id by which the account's own server knows it as a person. A host on a port of its own knows the profile's URL only, and
   * takes `acct:nick@host:port` without delivering anything.
   */
  personIdOf: (account: PumpioAccount) => string
}

/** `insecureHosts` are `host` or `host:port` that are spoken to over plain http. Throws TypeError when one is neither. */
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
      // The text is not repeated: who mistakes the field may have typed a password.
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

/** Whether a user has chosen the host of a URL: only hosts that configuration names are spoken to over http. */
export function isUserHost (url: string): boolean {
  return new URL(url).protocol === 'https:'
}

/** `nick@host`. */
export function accountText ({ name, host }: PumpioAccount): string {
  return `${name}@${host}`
}

const accountForm = /^(?:acct:|@)?([\w.-]{1,64})@([^\s@/\\?#]{1,261})$/i

/** As URLs have it: lower-case, punycode, without the default port. Undefined when it is more, or less, than a host. */
function canonicalHost (scheme: 'http:' | 'https:', text: string): string | undefined {
  if (text === '' || !URL.canParse(`${scheme}//${text}`)) return undefined
  const url = new URL(`${scheme}//${text}`)
  return url.href === `${scheme}//${url.host}/` && url.hostname !== '' ? url.host : undefined
}
