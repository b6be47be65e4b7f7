import { ExitError } from './exit-error.ts'

/** The API has answered, and will not do it. What was asked in a wrong way is as much a wrong use as an unknown option. */
export class ApiError extends ExitError {
  override readonly name = 'ApiError'
  readonly status: number

  constructor (url: string, status: number, body: string) {
    super(`${url} answered ${status}: ${describeProblem(body, status)}`, status === 400 || status === 422 ? 2 : 1)
    this.status = status
  }
}

interface Problem {
  title?: string
  detail?: string
  instance?: string
  errors?: Array<{ path: string, message: string }>
}

/** What an RFC 9457 problem says, once; nothing of what is not one. The server's own errors are in its log under their id. */
function describeProblem (text: string, status: number): string {
  try {
    const { title, detail, instance, errors = [] }: Problem = JSON.parse(text)
    const faults = errors.map(({ path, message }) => `${path} ${message}`.trim())
    // The detail of invalid input is the first of the errors.
    const isRepeated = faults.length > 0 && detail?.includes(errors[0]?.message ?? '') === true
    const request = status >= 500 && instance !== undefined ? ` (request ${instance.replace('urn:uuid:', '')})` : ''
    return `${[...isRepeated ? [] : [detail ?? title], ...faults].join('; ')}${request}`
  } catch {
    return 'no explanation'
  }
}
