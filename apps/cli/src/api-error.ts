import { ExitError } from './exit-error.ts'

/** The API returned an error. An invalid request has the exit code of an invalid command line. */
export class ApiError extends ExitError {
  override readonly name = 'ApiError'
  readonly status: number

  /** `requestId` is in the log of the API. The user needs it for an error of the server. */
  constructor (url: string, status: number, { body, requestId }: { body: string, requestId: unknown }) {
    const request = status >= 500 && typeof requestId === 'string' ? ` (request ${requestId})` : ''
    super(`${url} returned ${status}: ${describeProblem(body)}${request}`, status === 400 || status === 422 ? 2 : 1)
    this.status = status
  }
}

interface Problem {
  title?: string
  detail?: string
  errors?: Array<{ path: string, message: string }>
}

/** The text of an RFC 9457 problem, without repetition. */
function describeProblem (text: string): string {
  try {
    const { title, detail, errors = [] }: Problem = JSON.parse(text)
    const details = errors.map(({ path, message }) => `${path} ${message}`.trim())
    // The detail of invalid input is the first of the errors.
    const isRepeated = details.length > 0 && detail?.includes(errors[0]?.message ?? '') === true
    return [...isRepeated ? [] : [detail ?? title ?? 'no explanation'], ...details].join('; ')
  } catch {
    return 'no explanation'
  }
}
