import { HandshakeFailure } from '../outcome/handshake-failure.ts'

/** The parameters of an OAuth 2 callback (RFC 6749 §4.1.2). */
export interface CallbackQuery {
  state: string | undefined
  code: string | undefined
  error: string | undefined
}

export function readCallbackQuery (query: unknown): CallbackQuery {
  const parameters = new Map(Object.entries(typeof query === 'object' && query !== null ? query : {}))
  const read = (name: string) => single(parameters.get(name))
  const code = read('code')
  return { state: read('state'), code, error: read('error') ?? (code === undefined ? unnamedError(read) : undefined) }
}

/** Throws HandshakeFailure when the callback carries an error (RFC 6749 §4.1.2.1), or no code. */
export function assertAuthorized ({ code, error }: CallbackQuery): void {
  if (error === 'access_denied') throw new HandshakeFailure('denied', 'the user denied access')
  if (error !== undefined) throw new HandshakeFailure('providerRefused', 'the callback carries an error')
  if (code === undefined) throw new HandshakeFailure('missingCode', 'the callback carries no code')
}

/** Some providers report errors without `error`, which RFC 6749 requires. */
function unnamedError (read: (name: string) => string | undefined): string | undefined {
  if (read('error_reason') === 'user_denied') return 'access_denied'
  return ['error_code', 'error_message', 'error_reason', 'error_description'].map(read).find((text) => text !== undefined)
}

/** A provider that keeps our query and adds its own `state` sends the same value twice. Different values count as none. */
function single (value: unknown): string | undefined {
  const [first, ...others]: unknown[] = [value].flat()
  return typeof first === 'string' && first !== '' && others.every((other) => other === first) ? first : undefined
}
