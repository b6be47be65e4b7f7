import type { Classification, HttpResponse } from '@carillon/http'
import { encodeQuery, ProviderError, sendRequest } from '@carillon/http'
import type { PumpioContext } from './context.ts'
import type { PumpioAccount } from './account.ts'
import { accountText, isUserHost } from './account.ts'
import { untrustedHostLimits } from './discovery.ts'

/** Finds out whether an account still exists where its server does not say so. */
export interface PumpioAccountCheck {
  /**
   * Sends requests with the account's token. A request with the token of a deleted account crashes the server of pump.io 5 and 6,
   * so after a reset webfinger is asked for the account. Throws ProviderError `unauthorized` when it is gone.
   */
  watch: <Result>(account: PumpioAccount, call: PumpioContext, send: () => Promise<Result>) => Promise<Result>
}

/** A server that resets connections for reasons of its own is asked no more often than this about one account, and about all. */
const askEveryMs = 5_000
const askHostEveryMs = 1_000
const maxRemembered = 10_000

export function createPumpioAccountCheck (originOf: (host: string) => string): PumpioAccountCheck {
  /** Accounts whose request was reset and that were not found since, with when webfinger was asked last. */
  const suspects = new Map<string, number>()
  const askedAt = new Map<string, number>()

  return {
    async watch (account, call, send) {
      const text = accountText(account)
      if (suspects.has(text)) await settleSuspicion(account, call)
      try {
        return await send()
      } catch (error) {
        if (!(error instanceof ProviderError) || error.transport !== 'reset') throw error
        remember(suspects, text, suspects.get(text) ?? -Infinity)
        await settleSuspicion(account, call).catch((found: unknown) => {
          throw isGone(found) ? found : error
        })
        throw error
      }
    }
  }

  /** Throws ProviderError when the account is gone, and when the server does not say. Does nothing while it is others' turn. */
  async function settleSuspicion (account: PumpioAccount, call: PumpioContext): Promise<void> {
    const { host } = account
    const text = accountText(account)
    const now = call.now()
    if (now - (suspects.get(text) ?? -Infinity) < askEveryMs) throw new ProviderError(undecided, host)
    if (now - (askedAt.get(host) ?? -Infinity) < askHostEveryMs) return
    remember(askedAt, host, now)
    remember(suspects, text, now)
    const resource = `acct:${text}`
    const url = `${originOf(host)}/.well-known/webfinger?${encodeQuery({ resource })}`
    const headers = { accept: 'application/json' }
    const request = { method: 'GET', url, isGuarded: isUserHost(url), headers, ...untrustedHostLimits } as const
    await sendRequest(request, (answer) => classifyWebfinger(answer, account.name), call)
    suspects.delete(text)
  }
}

/** Only pump.io's own sentence about this very name says that the account is gone; a page or another 404 says nothing. */
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

/** Hosts and accounts are of the users' choice, so there is no end to them. */
function remember<Value> (all: Map<string, Value>, key: string, value: Value): void {
  all.delete(key)
  all.set(key, value)
  const [oldest] = all.keys()
  if (all.size > maxRemembered && oldest !== undefined) all.delete(oldest)
}
