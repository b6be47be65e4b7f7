/** A refusal of the Web API. Its status is 200, except for a rate limit. */
export class SlackError extends Error {
  override readonly name = 'SlackError'
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: object

  constructor (code: string, details: object = {}, retryAfterSeconds?: number) {
    super(code)
    this.status = retryAfterSeconds === undefined ? 200 : 429
    this.headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
    this.body = { ok: false, error: code, ...details }
  }
}
