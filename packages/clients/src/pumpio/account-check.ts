import type { Classification, HttpResponse } from '@carillon/http'
import { encodeQuery, isUserHost, ProviderError, sendRequest } from '@carillon/http'
import type { PumpioContext } from './context.ts'
import type { PumpioAccount } from './account.ts'
import { accountText } from './account.ts'
import { untrustedHostLimits } from './oauth/discovery.ts'

/** Checks whether an account still exists when its server does not report that. */
export interface PumpioAccountCheck {
  /**
   * Sends requests with the account's token. The token of a deleted account crashes the server of pump.io 5 and 6, so after a
   * connection reset this queries webfinger for the account. Throws ProviderError `unauthorized` when the account is deleted.
   */
  watch: <Result>(account: PumpioAccount, context: PumpioContext, send: () => Promise<Result>) => Promise<Result>
}

/**
 * The minimum times between two queries about one account and about one host. A server may reset connections for other reasons.
 */
const checkIntervalMs = 5_000
const hostCheckIntervalMs = 1_000
const maxRemembered = 10_000

export function createPumpioAccountCheck (originOf: (host: string) => string): PumpioAccountCheck {
  /** Accounts with a reset connection that were not confirmed since, and the time of their last query. */
  const suspects = new Map<string, number>()
  const hostCheckedAt = new Map<string, number>()

  return {
    async watch (account, context, send) {
      const text = accountText(account)
      if (suspects.has(text)) await checkAccount(account, context)
      try {
        return await send()
      } catch (error) {
        if (!(error instanceof ProviderError) || error.transport !== 'reset') throw error
        remember(suspects, text, suspects.get(text) ?? -Infinity)
        await checkAccount(account, context).catch((found: unknown) => {
          throw isGone(found) ? found : error
        })
        throw error
      }
    }
  }

  /**
   * Throws ProviderError when the account is deleted or the server's response is unclear. Does nothing while the host was just
   * queried.
   */
  async function checkAccount (account: PumpioAccount, context: PumpioContext): Promise<void> {
    const { host } = account
    const text = accountText(account)
    const now = context.now()
    if (now - (suspects.get(text) ?? -Infinity) < checkIntervalMs) throw new ProviderError(undecided, host)
    if (now - (hostCheckedAt.get(host) ?? -Infinity) < hostCheckIntervalMs) return
    remember(hostCheckedAt, host, now)
    remember(suspects, text, now)
    const resource = `acct:${text}`
    const url = `${originOf(host)}/.well-known/webfinger?${encodeQuery({ resource })}`
    const headers = { accept: 'application/json' }
    const request = { method: 'GET', url, isGuarded: isUserHost(url), headers, ...untrustedHostLimits } as const
    await sendRequest(request, (response) => classifyWebfinger(response, account.name), context)
    suspects.delete(text)
  }
}

/** Only pump.io's exact message about this name proves that the account is deleted. A page or another 404 does not. */
function classifyWebfinger ({ status, body }: HttpResponse, name: string): Classification<true> {
  if (status >= 200 && status < 300 && body.includes('"links"')) return { kind: 'ok', value: true }
  const isGone = status === 404 && body.toString().trim() === `No such 'user' with id '${name}'`
  return isGone
    ? { kind: 'unauthorized', reason: 'the account does not exist at its host any more' }
    : undecided
}

const undecided = { kind: 'transient', reason: 'the host does not say whether the account exists' } as const

function isGone (error: unknown): boolean {
  return error instanceof ProviderError && error.failure.kind === 'unauthorized'
}

/** The number is limited, because users choose hosts and accounts. */
function remember<Value> (all: Map<string, Value>, key: string, value: Value): void {
  all.delete(key)
  all.set(key, value)
  const [oldest] = all.keys()
  if (all.size > maxRemembered && oldest !== undefined) all.delete(oldest)
}
