/** An error of RFC 6749 §5.2 or RFC 6750 §3.1. */
export class OAuth2Error extends Error {
  override readonly name = 'OAuth2Error'
  readonly status: number
  readonly code: string
  readonly description: string | undefined

  constructor (code: string, status = 400, description?: string) {
    super(code)
    this.code = code
    this.status = status
    this.description = description
  }

  get headers (): Record<string, string> {
    if (this.status !== 401) return {}
    const description = this.description === undefined ? '' : `, error_description="${this.description}"`
    return { 'www-authenticate': `Bearer error="${this.code}"${description}` }
  }

  get body (): object {
    return { error: this.code, ...this.description !== undefined && { error_description: this.description } }
  }
}
