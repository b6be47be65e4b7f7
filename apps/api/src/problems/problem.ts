import { problemTable } from './problem-table.ts'
import type { ProblemCode } from './problem-table.ts'

/** One fault of the input. `path` is where it is, such as `message.url` or `audience.userIds.3`; empty is the whole. */
export interface InputFault {
  path: string
  message: string
}

/** An answer in the form of RFC 9457, thrown. `message` becomes the answer's `detail`, so it must be fit to be seen. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly status: number
  readonly errors: InputFault[] | undefined
  readonly headers: Record<string, string>
  /** Why a handshake has failed, which the site is told too; or the status that a notification is in. */
  readonly reason: string | undefined
  /** Whom to ask, by name: the owner of a team. */
  readonly contact: string | undefined

  constructor (
    code: ProblemCode,
    detail: string,
    { errors, headers = {}, reason, contact }: {
      errors?: InputFault[], headers?: Record<string, string>, reason?: string, contact?: string
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

/** Errors of one request that are looked for and reported. */
export const maxInputErrors = 20

/** Throws `invalidInput` when there are faults. */
export function refuseFaults (faults: InputFault[]): void {
  const errors = faults.slice(0, maxInputErrors)
  const [first, ...rest] = errors
  if (first !== undefined) throw invalidInput([first, ...rest])
}

export function invalidInput (errors: [InputFault, ...InputFault[]]): Problem {
  const [{ path, message }, ...rest] = errors
  const more = rest.length === 0 ? '' : ` (and ${rest.length} more)`
  return new Problem('invalidInput', `${path === '' ? 'The request' : path} ${message}${more}`, { errors })
}

export function notFound (what: string): Problem {
  return new Problem('notFound', `There is no such ${what}`)
}
