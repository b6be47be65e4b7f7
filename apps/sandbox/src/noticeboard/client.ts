import type { RegisteredClient } from '../kit/oauth/registered-client.ts'

export const provider = 'noticeboard'

export const client: RegisteredClient = {
  id: 'carillon',
  // Characters that a client must encode (RFC 6749 §2.3.1).
  secret: 'sandbox/secret+1',
  name: 'Carillon',
  redirectPath: `/connect/${provider}/callback`
}
