import { Agent, request } from 'undici'
import type { Carillon } from '../environment/carillon.ts'
import { attacksOn, generalAttacks } from './attacks.ts'
import type { Attack } from './attacks.ts'
import { findTargets } from './targets.ts'
import type { Target } from './targets.ts'

/** The resources of the API's process that one request used. */
interface Cost {
  cpuMs: number
  memoryMib: number
}

export interface HostileResult extends Cost {
  target: string
  caller: string
  attack: string
  /** 0 if the connection was closed before a response could be read. */
  status: number
  failure: string | null
}

export interface HostileOptions {
  maxCpuMs: number
  maxMemoryMib: number
  /** Only attacks with a large body. */
  short: boolean
  /** Only routes whose method and path contain this text. */
  only?: string | undefined
}

/** On a busy machine one attempt may be expensive, but not every attempt. */
const maxTries = 6
const timeoutMs = 20_000
const mib = 1024 * 1024

/** Sends every attack to every route and measures each request separately. */
export async function runHostile (
  { apiUrl, api, key, userToken }: Pick<Carillon, 'apiUrl' | 'api' | 'key'> & { userToken: string },
  { maxCpuMs, maxMemoryMib, short, only = '' }: HostileOptions,
  say: (line: string) => void
): Promise<HostileResult[]> {
  const dispatcher = new Agent({ connections: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  const callers: Record<string, string | undefined> = { anonymous: undefined, 'a key': key, 'a user': userToken }
  const targets = (await findTargets(apiUrl)).filter(({ method, path }) => `${method} ${path}`.includes(only))
  const results: HostileResult[] = []
  try {
    await warmUp(targets)
    for (const [index, target] of targets.entries()) {
      const attacks = [...generalAttacks, ...attacksOn(target.properties)].filter(({ body = '' }) => !short || body.length > 500_000)
      say(`${index + 1} of ${targets.length}: ${attacks.length} attacks on ${nameOf(target)}`)
      for (const attack of attacks) {
        for (const [caller, token] of Object.entries(callers)) results.push(await measure(target, caller, token, attack))
      }
    }
  } finally {
    await dispatcher.destroy()
  }
  return results

  /** One-time work of the process, such as compiling a function, must not count as the cost of a request. */
  async function warmUp (all: Target[]): Promise<void> {
    for (const target of all) for (const token of Object.values(callers)) await send(target, token, { name: '', headers: json, body: '{}' })
  }

  /** The lowest cost of several attempts counts. A second attempt is necessary only if the first was too expensive. */
  async function measure (target: Target, caller: string, token: string | undefined, attack: Attack): Promise<HostileResult> {
    let least: Cost = { cpuMs: Infinity, memoryMib: Infinity }
    let status = 0
    for (let tries = 0; tries < maxTries && (least.cpuMs > maxCpuMs || least.memoryMib > maxMemoryMib); tries++) {
      api.resetPeak()
      const before = await api.usage()
      status = await send(target, token, attack)
      const after = await api.usage()
      least = {
        cpuMs: Math.min(least.cpuMs, after.cpuMs - before.cpuMs),
        memoryMib: Math.min(least.memoryMib, (after.peakRssBytes - before.peakRssBytes) / mib)
      }
    }
    const failure = status === 500
      ? 'is answered with 500'
      : least.cpuMs > maxCpuMs ? `takes more than ${maxCpuMs} ms` : least.memoryMib > maxMemoryMib ? `takes more than ${maxMemoryMib} MiB` : null
    return { target: nameOf(target), caller, attack: attack.name, status, ...least, failure }
  }

  async function send ({ method, path }: Target, token: string | undefined, { query = '', headers = {}, body }: Attack): Promise<number> {
    try {
      const response = await request(`${apiUrl}${path}${query}`, {
        method: method as 'GET', // undici sends any method
        headers: { ...token === undefined ? {} : { authorization: `Bearer ${token}` }, ...headers },
        body: body ?? null,
        dispatcher,
        signal: AbortSignal.timeout(timeoutMs)
      })
      // A stream does not end by itself.
      if (String(response.headers['content-type']).startsWith('text/event-stream')) response.body.on('error', () => {}).destroy()
      else await response.body.dump()
      return response.statusCode
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') throw new Error(`${method} ${path} is not answered within ${timeoutMs} ms`)
      return 0
    }
  }
}

const json = { 'content-type': 'application/json' }

function nameOf ({ method, path }: Target): string {
  return `${method} ${path.length > 60 ? `${path.slice(0, 57)}...` : path}`
}
