/** The hosts that users choose. They use https, except for the configured insecure hosts. */
export interface UserHosts {
  /** The host as in a parsed URL, with a port that is not the default one. Undefined when the text is not only a host. */
  parse: (text: string) => string | undefined
  /** For example `https://host`. */
  originOf: (host: string) => string
  insecureOrigins: string[]
}

/** `insecureHosts` lists each `host` or `host:port` that uses plain http. Throws TypeError for an invalid one. */
export function createUserHosts (insecureHosts: readonly string[]): UserHosts {
  const insecure = new Set(insecureHosts.map((host) => {
    const canonical = canonicalHost('http:', host)
    if (canonical === undefined) throw new TypeError(`'${host}' is not a host`)
    return canonical
  }))
  return {
    parse (text) {
      const plain = canonicalHost('http:', text)
      return plain !== undefined && insecure.has(plain) ? plain : canonicalHost('https:', text)
    },
    originOf: (host) => `${insecure.has(host) ? 'http' : 'https'}://${host}`,
    insecureOrigins: [...insecure].map((host) => `http://${host}`)
  }
}

/** Whether a user has chosen the host of a URL, so the guard applies. Only configured hosts use http. */
export function isUserHost (url: string): boolean {
  return new URL(url).protocol === 'https:'
}

/** The host in lower case and punycode, without the default port of `scheme`. */
function canonicalHost (scheme: 'http:' | 'https:', text: string): string | undefined {
  if (text === '' || !URL.canParse(`${scheme}//${text}`)) return undefined
  const url = new URL(`${scheme}//${text}`)
  return url.href === `${scheme}//${url.host}/` && url.hostname !== '' ? url.host : undefined
}
