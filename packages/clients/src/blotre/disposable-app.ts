import { setTimeout as sleep } from 'node:timers/promises'
import { createBlotreApi } from './api.ts'
import type { BlotreApi } from './api.ts'
import { keepClient, readClientFile } from './client-file.ts'
import { createBlotreClient } from './client.ts'
import type { BlotreClient, BlotreClientInfo } from './client.ts'
import type { BlotreToken } from './objects.ts'
import { openOneTimeClient, redeemIntervalMs, redeemOneTimeCode } from './one-time-code.ts'
import type { OneTimeClient } from './one-time-code.ts'
import type { Http, HttpContext } from '@carillon/http'
import { isUnknownToken } from './revoke.ts'
import { TokenEndpointError } from './token-endpoint-error.ts'
import { createHttp } from '@carillon/http'

export interface DisposableAppOptions {
  /** What the consent page calls the app; 3 to 254 characters. */
  name: string
  /** What the consent page says about it. */
  blurb: string
  /** Where client and credentials are kept, readable by their owner alone. Default `<name>.client_data.json`. */
  file?: string
  config?: {
    /** Base URL, without `/v0`. Default `https://blot.re`. */
    url?: string
  }
  /** Show the user the code and where to enter it. */
  onCode: (shown: { code: string, redeemUrl: string, expiresAt: Date }) => void | Promise<void>
  signal?: AbortSignal
  http?: Http
  now?: () => number
  /** Between two questions whether the code has been entered. */
  pause?: (delayMs: number, signal: AbortSignal) => Promise<void>
}

/**
 * An app of one user's own, without any registration: takes the client its file holds, or creates a disposable one, shows
 * its code, and waits until the user has entered it. A client that Blot're knows no more is replaced by a new one. Every
 * refresh is written to the file. Rejects with ProviderError `rejected` when the code was not entered in time, with
 * AbortError when the signal aborts meanwhile, and with Error when the file is not one of ours.
 */
export async function createDisposableApp (options: DisposableAppOptions): Promise<BlotreClient> {
  const api = createBlotreApi(options.config?.url ?? 'https://blot.re')
  const path = options.file ?? `${options.name.replaceAll(/[/\\]/g, '_')}.client_data.json`
  const signal = options.signal ?? new AbortController().signal
  const http = options.http ?? createHttp({ trustedOrigins: [api.url], allowPrivateHosts: [] })
  const call = { http, signal, now: options.now ?? Date.now }

  try {
    return await reuse() ?? await begin()
  } finally {
    if (options.http === undefined) await http.close()
  }

  async function reuse (): Promise<BlotreClient | undefined> {
    const kept = await readClientFile(path)
    // A file of another server's client says nothing here.
    if (kept === null || (kept.config.url ?? api.url) !== api.url) return undefined
    const app = appOf(kept.client, kept.creds)
    if (await isAlive(app)) return app
    await app.close()
  }

  async function begin (): Promise<BlotreClient> {
    const waiting = await openOneTimeClient(api, options.name, options.blurb, call)
    await options.onCode({ code: waiting.code, redeemUrl: api.redeemUrl, expiresAt: new Date(waiting.expiresAt) })
    const token = await untilRedeemed(api, waiting, call, options.pause ?? pause)
    const app = appOf({ client_id: waiting.client.id, client_secret: waiting.client.secret, code: waiting.code })
    await app.setCreds(token)
    return app
  }

  function appOf (client: BlotreClientInfo, creds?: BlotreToken): BlotreClient {
    const { http, signal, now } = options
    const config = { url: api.url }
    return createBlotreClient({
      ...config,
      client,
      onCreds: async (changed) => await keepClient(path, changed === null ? null : { client, creds: changed, config }),
      ...creds !== undefined && { creds },
      ...http !== undefined && { http },
      ...signal !== undefined && { signal },
      ...now !== undefined && { now }
    })
  }
}

async function isAlive (app: BlotreClient): Promise<boolean> {
  try {
    await app.getTokenInfo()
    return true
  } catch (error) {
    if (!isUnknownToken(error)) throw error
    return app.creds?.refresh_token !== undefined && await isRefreshed(app)
  }
}

async function isRefreshed (app: BlotreClient): Promise<boolean> {
  try {
    await app.exchangeRefreshToken()
    return true
  } catch (error) {
    // Whatever else goes wrong is no reason to ask the user for a new code.
    if (!(error instanceof TokenEndpointError) || error.failure.kind !== 'unauthorized') throw error
    return false
  }
}

async function untilRedeemed (
  api: BlotreApi, waiting: OneTimeClient, call: HttpContext, pause: (delayMs: number, signal: AbortSignal) => Promise<void>
): Promise<BlotreToken> {
  while (true) {
    await pause(redeemIntervalMs, call.signal)
    const token = await redeemOneTimeCode(api, waiting, call)
    if (token !== null) return token
  }
}

async function pause (delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal })
}
