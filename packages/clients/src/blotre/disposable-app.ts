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
  /** The app's name on the consent page, with 3 to 254 characters. */
  name: string
  /** The app's description on the consent page. */
  blurb: string
  /** The file for client and credentials, readable only by its owner. Default: `<name>.client_data.json`. */
  file?: string
  config?: {
    /** Base URL, without `/v0`. Default: `https://blot.re`. */
    url?: string
  }
  /** Called to show the user the code and the page for it. */
  onCode: (code: { code: string, redeemUrl: string, expiresAt: Date }) => void | Promise<void>
  signal?: AbortSignal
  http?: Http
  now?: () => number
  /** Waits between two polls for the entry of the code. */
  pause?: (delayMs: number, signal: AbortSignal) => Promise<void>
}

/**
 * Creates an app for one user without a registration. Uses the client in its file, or creates a disposable one, shows its code,
 * and waits until the user has entered it. Replaces a client that Blot're no longer recognizes. Writes every refresh to the
 * file. Rejects with ProviderError `rejected` when the code expires, with AbortError when the signal aborts, and with Error
 * when the file has another format.
 */
export async function createDisposableApp (options: DisposableAppOptions): Promise<BlotreClient> {
  const api = createBlotreApi(options.config?.url ?? 'https://blot.re')
  const path = options.file ?? `${options.name.replaceAll(/[/\\]/g, '_')}.client_data.json`
  const signal = options.signal ?? new AbortController().signal
  const http = options.http ?? createHttp({ trustedOrigins: [api.url], allowPrivateHosts: [] })
  const context = { http, signal, now: options.now ?? Date.now }

  try {
    return await reuse() ?? await begin()
  } finally {
    if (options.http === undefined) await http.close()
  }

  async function reuse (): Promise<BlotreClient | undefined> {
    const kept = await readClientFile(path)
    // A client of another server is not valid here.
    if (kept === null || (kept.config.url ?? api.url) !== api.url) return undefined
    const app = appOf(kept.client, kept.creds)
    if (await isAlive(app)) return app
    await app.close()
  }

  async function begin (): Promise<BlotreClient> {
    const waiting = await openOneTimeClient(api, options.name, options.blurb, context)
    await options.onCode({ code: waiting.code, redeemUrl: api.redeemUrl, expiresAt: new Date(waiting.expiresAt) })
    const token = await untilRedeemed(api, waiting, context, options.pause ?? pause)
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
    // Other errors do not require a new code from the user.
    if (!(error instanceof TokenEndpointError) || error.failure.kind !== 'unauthorized') throw error
    return false
  }
}

async function untilRedeemed (
  api: BlotreApi, waiting: OneTimeClient, context: HttpContext, pause: (delayMs: number, signal: AbortSignal) => Promise<void>
): Promise<BlotreToken> {
  while (true) {
    await pause(redeemIntervalMs, context.signal)
    const token = await redeemOneTimeCode(api, waiting, context)
    if (token !== null) return token
  }
}

async function pause (delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal })
}
