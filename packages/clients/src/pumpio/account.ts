import { createUserHosts, ProviderError } from '@carillon/http'

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
  const { parse, originOf, insecureOrigins } = createUserHosts(insecureHosts)
  return {
    insecureOrigins,
    parseAccount (text) {
      const [, name = '', given = ''] = accountForm.exec(text.trim()) ?? []
      const host = parse(given)
      // The error does not repeat the text, because a user may have entered a password in the wrong field.
      if (host === undefined) throw new ProviderError({ kind: 'rejected', reason: 'not an account like nick@host' }, 'pump.io')
      return { name, host }
    },
    originOf,
    personIdOf: ({ name, host }) => /:\d+$/.test(host) ? `${originOf(host)}/api/user/${name}/profile` : `acct:${name}@${host}`
  }
}

/** Formats an account as `nick@host`. */
export function accountText ({ name, host }: PumpioAccount): string {
  return `${name}@${host}`
}

const accountForm = /^(?:acct:|@)?([\w.-]{1,64})@([^\s@/\\?#]{1,261})$/i
