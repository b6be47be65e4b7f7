import { problemTable } from './problem-table.ts'
import type { ProblemCode } from './problem-table.ts'

/** An error of the input. `path` names the field, such as `message.url` or `audience.userIds.3`; empty is the whole input. */
export interface InputError {
  path: string
  message: string
}

/** An error that the caller gets as a problem (RFC 9457). `message` becomes its `detail`, so it must be safe to show. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly status: number
  readonly errors: InputError[] | undefined
  readonly headers: Record<string, string>
  /** The reason why a handshake failed, or the current status of a notification. */
  readonly reason: string | undefined
  /** The name of the owner of a team. */
  readonly contact: string | undefined

  constructor (
    code: ProblemCode,
    detail: string,
    { errors, headers = {}, reason, contact }: {
      errors?: InputError[], headers?: Record<string, string>, reason?: string, contact?: string
    } = {}
  ) {
    super(detail)
    this.code = code
    this.status = problemTable[code].status
    this.errors = errors
    this.headers = headers
    this.reason = reason
    this.contact = contact
  }
}

/** Validation of a request stops after this many errors. */
export const maxInputErrors = 20

/** Throws Problem `invalidInput` when there are errors. */
export function assertNoInputErrors (errors: InputError[]): void {
  const [first, ...rest] = errors.slice(0, maxInputErrors)
  if (first !== undefined) throw invalidInput([first, ...rest])
}

export function invalidInput (errors: [InputError, ...InputError[]]): Problem {
  const [{ path, message }, ...rest] = errors
  const more = rest.length === 0 ? '' : ` (and ${rest.length} more)`
  return new Problem('invalidInput', `${path === '' ? 'The request' : path} ${message}${more}`, { errors })
}

export function closing (): Problem {
  return new Problem('closing', 'This server is shutting down: try again', { headers: { 'retry-after': '1' } })
}

export function notFound (what: string): Problem {
  return new Problem('notFound', `There is no such ${what}`)
}
