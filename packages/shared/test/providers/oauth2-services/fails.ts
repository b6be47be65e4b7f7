import { ProviderError } from '@carillon/http'
import type { Failure } from '@carillon/http'
import type { Test } from 'tap'

/** Expects a ProviderError with this kind and reason. */
export async function fails (t: Test, work: Promise<unknown> | undefined, kind: Failure['kind'], reason: RegExp): Promise<void> {
  const error = await work?.then(() => undefined, (error: unknown) => error)
  if (!(error instanceof ProviderError)) throw error ?? new Error(`it did not fail: ${kind} ${reason.source}`)
  t.match(error.failure, { kind, reason })
}
