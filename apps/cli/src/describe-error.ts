import { ExitError } from './exit-error.ts'
import { printable } from './printable.ts'

/** What a person needs to hear about an error: one line, or one per fault of the configuration. */
export function describeError (error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  if ('faults' in error && Array.isArray(error.faults)) return error.faults.map(String)
  // drizzle's own message is the query with its parameters, which may be secrets; the cause says what went wrong.
  if ('query' in error && error.cause instanceof Error) return describeError(error.cause)
  // An address with several records fails once for each.
  if (error instanceof AggregateError && error.message === '') return describeError(error.errors[0])
  return [printable(error.message.split('\n')[0] || (error instanceof ExitError ? '' : error.name))]
}
