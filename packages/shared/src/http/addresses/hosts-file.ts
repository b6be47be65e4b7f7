import type { LookupAddress } from 'node:dns'
import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'

/** Finds the addresses that the machine's own hosts file gives a name. Empty when it gives none. */
export type HostsFile = (hostname: string) => LookupAddress[]

/** Reads the file again when it has changed. A file that cannot be read counts as empty, as it does for the system. */
export function createHostsFile (path = systemPath()): HostsFile {
  let version = ''
  let addresses = new Map<string, LookupAddress[]>()
  return (hostname) => {
    const current = versionOf(path)
    if (current !== version) {
      addresses = current === '' ? new Map() : parseHosts(readText(path))
      version = current
    }
    return addresses.get(hostname.toLowerCase()) ?? []
  }
}

/** Exported for its test. */
function parseHosts (text: string): Map<string, LookupAddress[]> {
  const addresses = new Map<string, LookupAddress[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    const family = isIP(address)
    for (const name of family === 0 ? [] : names) {
      const key = name.toLowerCase()
      addresses.set(key, [...addresses.get(key) ?? [], { address, family }])
    }
  }
  return addresses
}

/** A synchronous stat costs microseconds and none of the threads that a slow name lookup may hold. */
function versionOf (path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? '' : `${stats.mtimeMs} ${stats.size}`
}

function readText (path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function systemPath (): string {
  return process.platform === 'win32' ? 'C:/Windows/System32/drivers/etc/hosts' : '/etc/hosts'
}
