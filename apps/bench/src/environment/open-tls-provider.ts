import type { Environment } from './bench-context.ts'

export interface TlsProvider {
  /** The path of the certificate that its clients trust. */
  certificate: string
  /** The same environment, in which pushes go to this provider. */
  environment: Environment
  /** The variables with which Carillon sends to it. */
  settings: Record<string, string>
  close: () => Promise<void>
}

/** A provider like Pushbullet over TLS with HTTP/2, as a process of its own. */
export async function openTlsProvider (environment: Environment): Promise<TlsProvider> {
  const process = environment.startLoop('tls-provider')
  const { url = '' } = await process.ready
  const { path: certificate } = await process.ask<{ path: string }>({ certificate: true })
  return {
    certificate,
    environment: {
      ...environment,
      simulator: {
        ...environment.simulator,
        url,
        process,
        counts: () => process.ask({ counts: true }),
        reset: async () => { await process.ask({ reset: true }) }
      }
    },
    settings: { PUSHBULLET_API_URL: url, NODE_EXTRA_CA_CERTS: certificate },
    close: () => process.stop()
  }
}
