import { Type } from 'typebox'
import type { Static } from 'typebox'
import { findSealed, markNeedsReauth, openCredentials } from '@carillon/shared/connections'
import type { Connection } from '@carillon/shared/connections'
import { newId } from '@carillon/shared/db'
import { ProviderError } from '@carillon/shared/providers'
import type { Verdict } from '@carillon/shared/providers'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { timeField } from './fields.ts'

const timeoutMs = 30_000

export const testResult = Type.Object({
  ok: Type.Boolean(),
  receipt: Type.Optional(Type.Object({ id: Type.String() })),
  error: Type.Optional(Type.Object({
    kind: Type.Enum(['transient', 'rateLimited', 'unauthorized', 'rejected', 'quota', 'malformed'], {
      description: '`unauthorized`: the user has to connect again'
    }),
    reason: Type.String(),
    status: Type.Optional(Type.Integer({ description: "HTTP status of the provider's answer" })),
    retryAt: Type.Optional(timeField)
  }))
})

type TestResult = Static<typeof testResult>

/** Sends a message through the connection, past all queues. What it learns of a dead token is kept. */
export async function testConnection (
  { database, vault, providers, http, now, site }: Services, connection: Connection
): Promise<TestResult> {
  const sealed = await findSealed(database, connection.id)
  if (sealed === undefined) throw new Problem('connectionClosed', 'The user has disconnected it')
  const { id, credentialsVersion, status, statusReason, limitedUntil } = sealed
  const provider = providers.get(sealed.provider)
  if (provider?.send === undefined) return failed({ kind: 'rejected', reason: 'nothing can be sent there by this server' })
  if (status === 'needsReauth') return failed({ kind: 'unauthorized', reason: statusReason ?? 'the user has to connect again' })
  if (limitedUntil !== null && limitedUntil.getTime() > now()) {
    return failed({ kind: 'rateLimited', reason: 'the provider has asked us to wait', retryAt: limitedUntil.getTime() })
  }

  try {
    const credentials = openCredentials(vault, provider, sealed)
    const message = { type: 'note' as const, title: `Test from ${site.name}`, body: 'This connection works.' }
    const receipt = await provider.send(message, newId(), credentials, { http, now, signal: AbortSignal.timeout(timeoutMs) })
    return { ok: true, receipt }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    const { verdict } = error
    if (verdict.kind === 'unauthorized') await markNeedsReauth(database, { id, credentialsVersion, reason: verdict.reason })
    return failed(verdict, error.status)
  }
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
