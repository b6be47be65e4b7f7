import { Type } from 'typebox'
import type { Static } from 'typebox'
import { findSealed, openCredentials } from '@carillon/shared/connections'
import type { Connection } from '@carillon/shared/connections'
import { newId } from '@carillon/shared/db'
import { ProviderError } from '@carillon/shared/providers'
import type { Credentials, Provider, Receipt, Verdict } from '@carillon/shared/providers'
import { newCall } from '../call.ts'
import { giveUp } from '../connect/give-up.ts'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { timeField } from './fields.ts'

const timeoutMs = 30_000

export const testResult = Type.Object({
  ok: Type.Boolean(),
  receipt: Type.Optional(Type.Object({ id: Type.String() })),
  error: Type.Optional(Type.Object({
    kind: Type.Enum(['transient', 'rateLimited', 'expired', 'unauthorized', 'rejected', 'quota', 'malformed'], {
      description: '`unauthorized`: the user has to connect again; `expired`: the token is too old and could not be refreshed now'
    }),
    reason: Type.String(),
    status: Type.Optional(Type.Integer({ description: "HTTP status of the provider's answer" })),
    retryAt: Type.Optional(timeField)
  }))
})

type TestResult = Static<typeof testResult>

/** Sends a message through the connection, past all queues. What it learns of a dead token is kept. */
export async function testConnection (services: Services, connection: Connection): Promise<TestResult> {
  const { database, vault, providers, now } = services
  const sealed = await findSealed(database, connection.id)
  if (sealed === undefined) throw new Problem('connectionClosed', 'The user has disconnected it')
  const { id, credentialsVersion, status, statusReason, limitedUntil } = sealed
  const provider = providers.get(sealed.provider)
  if (provider?.send === undefined) return failed({ kind: 'rejected', reason: 'nothing can be sent there by this server' })
  if (status === 'needsReauth') return failed({ kind: 'unauthorized', reason: statusReason ?? 'the user has to connect again' })
  if (limitedUntil !== null && limitedUntil.getTime() > now()) {
    return failed({ kind: 'rateLimited', reason: 'the provider has asked us to wait', retryAt: limitedUntil.getTime() })
  }

  let seenVersion = credentialsVersion
  try {
    return { ok: true, receipt: await trySend(openCredentials(vault, provider, sealed)) }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    const { verdict } = error
    if (verdict.kind === 'unauthorized') await giveUp(services, { id, credentialsVersion: seenVersion, reason: verdict.reason })
    return failed(verdict, error.status)
  }

  /** Once more when the token was too old. What the first try came to is what counts when it cannot be refreshed. */
  async function trySend (credentials: Credentials): Promise<Receipt> {
    try {
      return await sendTest(services, provider, credentials)
    } catch (error) {
      if (provider === undefined || !(error instanceof ProviderError) || error.verdict.kind !== 'expired') throw error
      const result = await services.refresher.refresh(provider, { id, seenVersion }, newCall(services, timeoutMs))
      if (result.kind !== 'fresh') throw error
      seenVersion = result.fresh.credentialsVersion
      return await sendTest(services, provider, result.fresh.credentials)
    }
  }
}

async function sendTest (services: Services, provider: Provider | undefined, credentials: Credentials): Promise<Receipt> {
  const message = { type: 'note' as const, title: `Test from ${services.site.name}`, body: 'This connection works.' }
  const receipt = await provider?.send?.(message, newId(), credentials, newCall(services, timeoutMs))
  if (receipt === undefined) throw new TypeError('Nothing can be sent there')
  return receipt
}

function failed (verdict: Verdict, status?: number): TestResult {
  return {
    ok: false,
    error: {
      kind: verdict.kind,
      reason: verdict.reason,
      ...status === undefined ? {} : { status },
      ...verdict.kind === 'rateLimited' ? { retryAt: new Date(verdict.retryAt).toISOString() } : {}
    }
  }
}
