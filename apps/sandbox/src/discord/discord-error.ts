/** A refusal of the API. The code 0 stands for a status that says it all. */
export class DiscordError extends Error {
  override readonly name = 'DiscordError'
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: object

  constructor (
    status: number, code: number, message: string,
    { headers = {}, ...members }: { headers?: Record<string, string>, [member: string]: unknown } = {}
  ) {
    super(message)
    this.status = status
    this.headers = headers
    this.body = { message, code, ...members }
  }
}

export const unknownWebhook = (): DiscordError => new DiscordError(404, 10015, 'Unknown Webhook')
export const unknownChannel = (): DiscordError => new DiscordError(404, 10003, 'Unknown Channel')
export const unknownMessage = (): DiscordError => new DiscordError(404, 10008, 'Unknown Message')
export const unknownUser = (): DiscordError => new DiscordError(404, 10013, 'Unknown User')
export const unauthorized = (): DiscordError => new DiscordError(401, 0, '401: Unauthorized')

/** A form body with errors by member, such as `{ content: 'Must be 2000 or fewer in length.' }`. */
export function invalidForm (faults: Record<string, string>): DiscordError {
  const errors = Object.fromEntries(Object.entries(faults).map(([name, message]) => [name, { _errors: [{ code: 'BASE_TYPE_BAD_LENGTH', message }] }]))
  return new DiscordError(400, 50035, 'Invalid Form Body', { errors })
}

/** A limit, which ends after `seconds`. */
export function limited (seconds: number, scope: 'user' | 'shared' | 'global'): DiscordError {
  return new DiscordError(429, 0, scope === 'shared' ? 'The resource is being rate limited.' : 'You are being rate limited.', {
    retry_after: Number(seconds.toFixed(3)),
    global: scope === 'global',
    headers: { 'retry-after': String(Math.ceil(seconds)), 'x-ratelimit-scope': scope, ...scope === 'global' && { 'x-ratelimit-global': 'true' } }
  })
}
