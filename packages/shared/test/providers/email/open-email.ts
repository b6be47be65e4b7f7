import { createHttp, ProviderError } from '@carillon/http'
import type { Failure } from '@carillon/http'
import { createMemoryRegistrations } from '@carillon/clients'
import type { Test } from 'tap'
import { loadConfig } from '../../../src/config/index.ts'
import type { Sends } from '../../../src/providers/capabilities.ts'
import type { EmailCredentials } from '../../../src/providers/email/email.ts'
import type { Message } from '../../../src/providers/message.ts'
import type { RequestContext } from '../../../src/providers/request-context.ts'
import { email } from '../../../src/providers/email/index.ts'
import { openSimulator } from '../conformance/simulator.ts'

/** A mail as the simulator keeps it. */
interface ReceivedMail {
  id: string
  from: string
  to: string
  returnAddress: string
  messageId: string
  subject: string
  text: string
  html: string
  headers: Record<string, string>
  attachments: Array<{ name: string, type: string, bytes: number }>
}

/** The provider with its simulator. `env` replaces variables. */
export async function openEmail (t: Test, env: Record<string, string> = {}) {
  const simulator = await openSimulator(t, 'email')
  const environment = { ...simulator.environment, ...env }
  const provider = email.create(loadConfig(environment, [], [email]), { name: 'Teapot Shop' })
  const { address } = provider?.handshakes ?? {}
  if (provider?.send === undefined || address?.sendCode === undefined) throw new Error('e-mail is not configured')
  t.teardown(() => provider.close?.())
  const http = createHttp({ trustedOrigins: [], allowPrivateHosts: [] })
  t.teardown(() => http.close())
  const { signal } = new AbortController()
  const base: RequestContext = { http, signal, now: Date.now, registrations: createMemoryRegistrations() }
  // The registry's providers take any credentials, and check their own.
  const send: Sends<EmailCredentials>['send'] = provider.send
  const { sendCode } = address

  return {
    simulator,
    provider,
    context: (changes: Partial<RequestContext> = {}) => ({ ...base, ...changes }),
    send: (to: string, message: Message, key: string, changes: Partial<RequestContext> = {}) =>
      send(message, key, { address: to }, { ...base, ...changes }),
    async sendCode (to: string) {
      const confirmation = { code: '123456', url: 'https://site.example/confirm?x=1&y=2', site: 'Teapot Shop' }
      return await sendCode(await address.accept(to, base), confirmation, base)
    },
    async inbox (to: string) {
      const arrivals = await simulator.inbox({ name: to, credentials: {} })
      return arrivals.map(({ item }) => item as unknown as ReceivedMail)
    }
  }
}

/** The failure of `act`, which must throw ProviderError. */
export async function failureOf (act: () => Promise<unknown>): Promise<Failure & { host?: string }> {
  try {
    await act()
  } catch (error) {
    if (error instanceof ProviderError) return error.failure
    throw error
  }
  throw new Error('it went well')
}
