/** An error of RFC 6749 §5.2 or RFC 6750 §3.1. */
export class OAuth2Error extends Error {
  override readonly name = 'OAuth2Error'
  readonly status: number
  readonly code: string

  constructor (code: string, status = 400) {
    super(code)
    this.code = code
    this.status = status
  }

  get headers (): Record<string, string> {
    return this.status === 401 ? { 'www-authenticate': `Bearer error="${this.code}"` } : {}
  }

  get body (): object {
    return { error: this.code }
  }
}
