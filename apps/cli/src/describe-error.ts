import { ExitError } from './exit-error.ts'
import { printable } from './printable.ts'

/** An error as lines for people: one line, or one per configuration error. */
export function describeError (error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  // Compared by name, because loading the configuration takes time that few commands need.
  if (error.name === 'ConfigError' && 'errors' in error && Array.isArray(error.errors)) return error.errors.map(String)
  // drizzle's message contains the query's parameters, which may be secrets. The cause has the reason.
  if ('query' in error && error.cause instanceof Error) return describeError(error.cause)
  // A host with several addresses fails once for each.
  if (error instanceof AggregateError && error.message === '') return describeError(error.errors[0])
  return [printable(error.message.split('\n')[0] || (error instanceof ExitError ? '' : error.name))]
}
