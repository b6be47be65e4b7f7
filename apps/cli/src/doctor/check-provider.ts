import { formatUserAgent } from '@carillon/http'
import { request } from 'undici'
import { fault, ok } from './finding.ts'
import type { Finding } from './finding.ts'

const timeoutMs = 5_000

/** Whether the provider's servers can be reached from this machine. Sends no credentials; any response is good. */
export async function checkProvider ({ id, origins }: { id: string, origins: readonly string[] }): Promise<Finding[]> {
  const reachable = origins.filter((origin) => /^https?:/.test(origin))
  return Promise.all(reachable.map(async (origin) => {
    try {
      const { body } = await request(origin, {
        method: 'HEAD', headers: { 'user-agent': formatUserAgent() }, signal: AbortSignal.timeout(timeoutMs)
      })
      await body.dump()
      return ok(id, `${origin} responds.`)
    } catch (error) {
      return fault(id, `${origin} cannot be reached: ${explain(error)}.`, 'Check the network, DNS, proxies and firewalls of this machine.')
    }
  }))
}

function explain (error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed'
  if (error.name === 'TimeoutError') return `it does not respond within ${timeoutMs / 1000} s`
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `DNS cannot resolve its name (${code})`
  if (/CERT|TLS|SSL|SELF_SIGNED/.test(code)) return `its certificate is not accepted (${code})`
  return code === 'ECONNREFUSED' ? 'it refuses the connection' : `the connection fails (${code})`
}
