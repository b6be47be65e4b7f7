import type { LookupAddress } from 'node:dns'
import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'

/** Finds the addresses of a name in the machine's hosts file. Empty when there are none. */
export type HostsFile = (hostname: string) => LookupAddress[]

/** Reads the file again after a change. An unreadable file counts as empty, as it does for the system's resolver. */
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

/** A synchronous stat takes microseconds. An asynchronous one needs a libuv thread, which slow name lookups may occupy. */
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
