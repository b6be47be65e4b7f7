import type { Test } from 'tap'
import type { HttpOptions } from '@carillon/http'
import { createHttp, ProviderError } from '@carillon/http'
import { createMemoryRegistrations } from '../../src/memory-registrations.ts'
import type { PumpioContext } from '../../src/pumpio/context.ts'
import type { Registrations } from '../../src/registrations.ts'
import { createPumpio } from '../../src/pumpio/pumpio.ts'
import { openSimulator } from '../../../shared/test/providers/conformance/simulator.ts'

/** pump.io's client in front of its simulator. */
export async function openPumpio (t: Test) {
  const simulator = await openSimulator(t, 'pumpio')
  const host = simulator.pumpioHost
  const pumpio = createPumpio({ application: { name: 'Carillon', contacts: ['ops@site.example'] }, insecureHosts: [host] })
  const shared = createMemoryRegistrations()

  return {
    simulator,
    host,
    pumpio,

    async connectUser () {
      const person = await simulator.account()
      return { person, credentials: pumpio.parseCredentials(person.credentials) }
    },

    call (t: Test, options: Partial<HttpOptions> = {}, registrations: Registrations = shared): PumpioContext {
      const http = createHttp({ trustedOrigins: pumpio.origins, allowPrivateHosts: [], ...options })
      t.teardown(() => http.close())
      return { http, signal: new AbortController().signal, now: Date.now, registrations }
    }
  }
}

export async function refused (t: Test, attempt: Promise<unknown>, expected: object, why?: string): Promise<void> {
  const error: unknown = await attempt.then(() => undefined, (error: unknown) => error)
  if (!(error instanceof ProviderError)) throw new Error(`expected a ProviderError: ${why}`, { cause: error })
  t.match({ ...error.failure, status: error.status }, expected, `${why}: ${error.message}`)
}

/** An image of one pixel, with 68 bytes. */
export const picture = {
  name: 'dot.png',
  type: 'image/png',
  data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
}
