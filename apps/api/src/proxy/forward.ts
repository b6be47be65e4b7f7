import { findSealed } from '@carillon/shared/connections'
import { markNeedsReauth, openCredentials } from '@carillon/shared/grants'
import type { FreshCredentials } from '@carillon/shared/grants'
import { TransportError } from '@carillon/http'
import type { StreamedResponse } from '@carillon/http'
import { ProviderError } from '@carillon/shared/providers'
import type { Authorized, Provider } from '@carillon/shared/providers'
import { newRequestContext } from '../request-context.ts'
import { chargeOutgoing } from '../outgoing-budget.ts'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { formOf, tooLarge } from './forwarded-body.ts'
import type { ForwardedBody } from './forwarded-body.ts'
import { conceal } from './conceal.ts'
import { classifyResponse } from './classified-response.ts'
import type { ClassifiedResponse } from './classified-response.ts'

/** A caller's request for an account at a provider. */
export interface Forwarded {
  method: string
  path: string
  headers: Record<string, string | string[]>
  body: ForwardedBody
}

const authorizeTimeoutMs = 60_000

/**
 * Forwards a request with the connection's credentials. If the credentials have expired, refreshes them and sends the request
 * again, provided that its body was kept. If that fails, the response is the provider's first one. Throws Problem.
 */
export async function forward (
  services: Services, connectionId: string, request: Forwarded, signal: AbortSignal
): Promise<StreamedResponse> {
  const { database, vault, providers, refresher, now } = services
  const sealed = await findSealed(database, connectionId)
  if (sealed === undefined) throw new Problem('connectionClosed', 'The connection is closed: the user disconnected it, or the provider ended it')
  const provider = providers.get(sealed.provider)
  if (provider?.authorize === undefined) throw new Problem('notForwarded', 'This server does not forward requests to this provider')
  if (sealed.status === 'needsReauth') throw new Problem('needsReauth', sealed.statusReason ?? 'The user has to reconnect')
  await chargeOutgoing(services, { owner: sealed.owner, provider, account: sealed.account.id, cost: 1 })
  const call = newRequestContext(services, authorizeTimeoutMs)
  const { grantId, credentialsVersion } = sealed
  const known: FreshCredentials = { credentials: openCredentials(vault, provider, sealed), credentialsVersion }

  const isOld = sealed.expiresAt !== null && sealed.expiresAt.getTime() <= now()
  const used = (isOld ? await refreshed(known) : undefined) ?? known
  const first = await attempt(provider, used)
  if (first.credentialsError === null) return first.answer

  // The token may be refused because another process is refreshing it. The refresh finds out.
  const newer = provider.refresh === undefined ? await replaced(provider, used) : await refreshed(used, 'access token is not accepted')
  if (newer === undefined) {
    if (provider.refresh === undefined && first.credentialsError === 'unauthorized') await markRefused(used)
    return first.answer
  }
  if (request.body.kind === 'stream') return first.answer
  first.answer.body.destroy()
  const second = await attempt(provider, newer)
  if (second.credentialsError === 'unauthorized') await markRefused(newer)
  return second.answer

  async function attempt (provider: Provider, { credentials }: FreshCredentials): Promise<ClassifiedResponse> {
    const { method, path, headers, body } = request
    const form = formOf(headers, body)
    const wanted = { method, path, ...form === undefined ? {} : { form } }
    let authorized: Authorized | undefined = await provider.authorize?.(wanted, credentials, call)
      .catch((error: unknown) => { throw toProblem(error, body) })
    if (authorized === undefined) throw new TypeError(`${provider.id} authorizes nothing`)
    for (;;) {
      const answer: StreamedResponse = await send(services, authorized, request, signal)
        .catch((error: unknown) => { throw toProblem(error, body) })
      const classified: ClassifiedResponse = await classifyResponse(provider, conceal(answer, authorized.conceal))
        .catch(() => { throw new Problem('providerUnavailable', 'The response of the provider ended early') })
      authorized = authorized.again?.(classified.read)
      if (authorized === undefined) return classified
      // A streamed body cannot be sent again. The next request of the caller succeeds.
      if (body.kind === 'stream') return { ...classified, credentialsError: null }
      classified.answer.body.destroy()
    }
  }

  async function refreshed ({ credentialsVersion }: FreshCredentials, refused?: string): Promise<FreshCredentials | undefined> {
    if (provider?.refresh === undefined) return undefined
    const result = await refresher.refresh(provider, {
      grantId, seenVersion: credentialsVersion, ...refused !== undefined && { refused }
    }, call)
    return result.kind === 'fresh' ? result.fresh : undefined
  }

  /** The credentials that replaced the refused ones while the request was under way, if there are any. */
  async function replaced (provider: Provider, { credentialsVersion }: FreshCredentials): Promise<FreshCredentials | undefined> {
    const current = await findSealed(database, connectionId)
    if (current === undefined || current.status !== 'active' || current.credentialsVersion === credentialsVersion) return undefined
    return { credentials: openCredentials(vault, provider, current), credentialsVersion: current.credentialsVersion }
  }

  async function markRefused ({ credentialsVersion }: FreshCredentials): Promise<void> {
    await markNeedsReauth(database, { grantId, credentialsVersion, reason: 'access token is not accepted' })
  }
}

async function send (
  { http }: Services, authorized: Authorized, { method, headers, body }: Forwarded, signal: AbortSignal
): Promise<StreamedResponse> {
  const length = body.kind === 'stream' && body.length !== undefined ? { 'content-length': body.length } : {}
  return await http.stream({
    method,
    url: authorized.url,
    isGuarded: authorized.isGuarded ?? false,
    headers: { ...headers, ...length, ...authorized.headers },
    ...body.kind === 'none' ? {} : { body: body.kind === 'kept' ? body.bytes : body.stream }
  }, signal)
}

/** Leaves out the address of the provider, which a user may have chosen. */
function toProblem (error: unknown, body: ForwardedBody): unknown {
  if (body.kind === 'stream' && body.state.tooLarge) return tooLarge()
  if (error instanceof ProviderError) {
    return new Problem(error.failure.kind === 'rejected' ? 'badRequest' : 'providerUnavailable', error.failure.reason)
  }
  if (!(error instanceof TransportError)) return error
  return new Problem(error.code === 'timeout' ? 'providerTimeout' : 'providerUnavailable', error.reason)
}
