import { ExitError } from './exit-error.ts'

/** The API returned an error. An invalid request has the exit code of an invalid command line. */
export class ApiError extends ExitError {
  override readonly name = 'ApiError'
  readonly status: number

  constructor (url: string, status: number, body: string) {
    super(`${url} returned ${status}: ${describeProblem(body, status)}`, status === 400 || status === 422 ? 2 : 1)
    this.status = status
  }
}

interface Problem {
  title?: string
  detail?: string
  instance?: string
  errors?: Array<{ path: string, message: string }>
}

/** The text of an RFC 9457 problem, without repetition. The API's log has its own errors under the request id. */
function describeProblem (text: string, status: number): string {
  try {
    const { title, detail, instance, errors = [] }: Problem = JSON.parse(text)
    const details = errors.map(({ path, message }) => `${path} ${message}`.trim())
    // The detail of invalid input is the first of the errors.
    const isRepeated = details.length > 0 && detail?.includes(errors[0]?.message ?? '') === true
    const request = status >= 500 && instance !== undefined ? ` (request ${instance.replace('urn:uuid:', '')})` : ''
    return `${[...isRepeated ? [] : [detail ?? title], ...details].join('; ')}${request}`
  } catch {
    return 'no explanation'
  }
}
