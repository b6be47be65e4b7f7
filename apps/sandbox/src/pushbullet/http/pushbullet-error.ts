/** Pushbullet's envelope. Recorded responses contain `code` twice, and the documentation mentions neither place. */
export interface ErrorBody {
  error: { code?: string, type: 'invalid_request' | 'server', message: string, param?: string, cat: string }
  error_code?: string
}

/** Thrown by handlers. The simulator's error handler sends it as JSON. */
export class PushbulletError extends Error {
  override readonly name = 'PushbulletError'
  readonly status: number
  readonly body: ErrorBody

  constructor (status: number, body: ErrorBody) {
    super(body.error.message)
    this.status = status
    this.body = body
  }
}

export function invalidParam (param: string): PushbulletError {
  return new PushbulletError(400, envelope(`The param '${param}' has an invalid value.`, '(o・ω・o)', param))
}

export function invalidRequest (message: string): PushbulletError {
  return new PushbulletError(400, envelope(message, '(o・ω・o)'))
}

export function notFound (): PushbulletError {
  return new PushbulletError(404, bodyFor(404))
}

export function tooLarge (): PushbulletError {
  return new PushbulletError(413, bodyFor(413))
}

export function invalidAccessToken (): PushbulletError {
  return new PushbulletError(401, bodyFor(401))
}

/** Pushbullet's usual body with a status. 400 is the exhausted quota, the only 400 with a code. */
export function bodyFor (status: number): ErrorBody {
  switch (status) {
    case 400: return coded('pushbullet_pro_required', 'Pushbullet Pro is required to make this call.', '🙀')
    case 401: return coded('invalid_access_token', 'Access token is missing or invalid.', '(=^･ω･^)y＝')
    case 403: return envelope('The access token is valid but has no access to this resource.', '(=ＴェＴ=)')
    case 404: return envelope('The resource could not be found.', '~(=^‥^)')
    case 413: return envelope('The file or request is too large.', '(o・ω・o)')
    case 429: return coded('ratelimited',
      'You have been ratelimited for performing too many requests/ops. See the X-Ratelimit headers for details.', '(=｀ω´=)')
    default: return status < 500
      ? envelope('The request is invalid.', '(o・ω・o)')
      : { error: { type: 'server', message: 'Internal server error.', cat: '(=ＴェＴ=)' } }
  }
}

function coded (code: string, message: string, cat: string): ErrorBody {
  return { error: { code, type: 'invalid_request', message, cat }, error_code: code }
}

function envelope (message: string, cat: string, param?: string): ErrorBody {
  return { error: { type: 'invalid_request', message, ...(param !== undefined && { param }), cat } }
}
