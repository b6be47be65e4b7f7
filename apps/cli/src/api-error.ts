import { ExitError } from './exit-error.ts'

/** The API has answered, and will not do it. What was asked in a wrong way is as much a wrong use as an unknown option. */
export class ApiError extends ExitError {
  override readonly name = 'ApiError'
  readonly status: number

  constructor (url: string, status: number, body: string) {
    super(`${url} answered ${status}: ${describeProblem(body)}`, status === 400 || status === 422 ? 2 : 1)
    this.status = status
  }
}

interface Problem {
  title?: string
  detail?: string
  errors?: Array<{ path: string, message: string }>
}

/** Title, detail and paths of an RFC 9457 problem; nothing of what is not one. */
function describeProblem (text: string): string {
  try {
    const { title, detail, errors = [] }: Problem = JSON.parse(text)
    return [detail ?? title, ...errors.map(({ path, message }) => `${path} ${message}`)].join('; ')
  } catch {
    return 'no explanation'
  }
}
