import ipaddr from 'ipaddr.js'

/** Decides which addresses a host may resolve to. Neither parameter has brackets around IPv6. */
export interface Guard {
  permits: (hostname: string, address: string) => boolean
  /** Whether the operator listed this exact host name. All its addresses are then permitted. */
  names: (hostname: string) => boolean
}

/**
 * Creates a guard that permits public addresses and the ones in `allowPrivateHosts`. An entry is a host name (with all its
 * addresses), an address or a CIDR. Throws TypeError for any other entry.
 */
export function createGuard (allowPrivateHosts: readonly string[]): Guard {
  const names = new Set<string>()
  const networks: Array<[Address, number]> = []
  for (const entry of allowPrivateHosts) {
    if (ipaddr.isValidCIDR(entry)) networks.push(ipaddr.parseCIDR(entry))
    else if (ipaddr.isValid(entry)) networks.push(single(ipaddr.parse(entry)))
    else if (hostName.test(entry)) names.add(entry.toLowerCase())
    else throw new TypeError(`'${entry}' is neither a host name, an address nor a CIDR`)
  }
  const isNamed = (hostname: string): boolean => names.has(hostname.toLowerCase())
  return {
    names: isNamed,
    permits (hostname, address) {
      if (isNamed(hostname)) return true
      if (!ipaddr.isValid(address)) return false
      const real = unwrap(ipaddr.parse(address))
      return isPublic(real) || networks.some(([network, bits]) => within(real, network, bits))
    }
  }
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

// A host name must end with a letter, so a mistyped address or CIDR is an error and not a name that never matches.
const hostName = /^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z]([a-z0-9-]*[a-z0-9])?$/i

/** Azure's metadata service is the only one that uses a public address. */
const azureMetadata = '168.63.129.16'

function isPublic (address: Address): boolean {
  if (address.range() !== 'unicast') return false
  if (address instanceof ipaddr.IPv4) return address.toString() !== azureMetadata
  // ipaddr.js counts IPv4-compatible addresses (::/96, RFC 4291 §2.5.5.1) and all unassigned ones as unicast. IANA has
  // delegated only 2000::/3.
  return address.match(ipaddr.IPv6.parse('2000::'), 3)
}

/**
 * Extracts the IPv4 address inside an IPv6 address: IPv4-mapped, NAT64's well-known prefix (RFC 6052 §2.1) and 6to4 (RFC 3056
 * §2). Otherwise a gateway in our network would forward the request to that address.
 */
function unwrap (address: Address): Address {
  if (address instanceof ipaddr.IPv4) return address
  const bytes = address.toByteArray()
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  if (address.match(ipaddr.IPv6.parse('64:ff9b::'), 96)) return new ipaddr.IPv4(bytes.slice(12))
  if (address.match(ipaddr.IPv6.parse('2002::'), 16)) return new ipaddr.IPv4(bytes.slice(2, 6))
  return address
}

function single (address: Address): [Address, number] {
  return [unwrap(address), unwrap(address) instanceof ipaddr.IPv4 ? 32 : 128]
}

function within (address: Address, network: Address, bits: number): boolean {
  if (address instanceof ipaddr.IPv4) return network instanceof ipaddr.IPv4 && address.match(network, bits)
  return network instanceof ipaddr.IPv6 && address.match(network, bits)
}
