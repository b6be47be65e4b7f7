/** An error of ntfy. The first three digits of its code are the status. */
export class NtfyError extends Error {
  override readonly name = 'NtfyError'
  readonly status: number
  readonly body: { code: number, http: number, error: string, link: string }

  constructor (code: number, error: string) {
    super(error)
    this.status = Number(String(code).slice(0, 3))
    this.body = { code, http: this.status, error, link: 'https://ntfy.sh/docs/publish/' }
  }
}

export const unauthorized = () => new NtfyError(40101, 'unauthorized')
export const forbidden = () => new NtfyError(40301, 'forbidden')
export const notFound = () => new NtfyError(40401, 'page not found')
export const tooManyRequests = () => new NtfyError(42901, 'limit reached: too many requests; please be nice')
