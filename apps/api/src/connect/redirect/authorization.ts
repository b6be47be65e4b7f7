import oauth2 from '@fastify/oauth2'
import type { OAuth2Namespace } from '@fastify/oauth2'
import type { FastifyInstance } from 'fastify'
import type { CodeHandshake } from '@carillon/shared/providers'

declare module 'fastify' {
  interface FastifyInstance {
    authorization: OAuth2Namespace
  }
  interface FastifyRequest {
    /** What ties the provider's answer to its handshake. Set it before `authorization` is used. */
    handshakeState: string
  }
}

const tokenTimeoutMs = 10_000
const maxTokenBytes = 64 * 1024

/** Decorates `scope` with the provider's authorization, which knows its endpoints, its client and our callback. */
export async function addAuthorization (scope: FastifyInstance, code: CodeHandshake, callback: string): Promise<void> {
  const authorizeUrl = new URL(code.authorizeUrl)
  const tokenUrl = new URL(code.tokenUrl)
  scope.decorateRequest('handshakeState', '')
  await scope.register(oauth2, {
    name: 'authorization',
    scope: scopeOf(code),
    credentials: {
      client: { id: code.clientId, secret: code.clientSecret },
      auth: {
        authorizeHost: authorizeUrl.origin,
        authorizePath: authorizeUrl.pathname + authorizeUrl.search,
        tokenHost: tokenUrl.origin,
        tokenPath: tokenUrl.pathname + tokenUrl.search
      },
      // Redirects are not followed unless asked for.
      http: { timeout: tokenTimeoutMs, maxBytes: maxTokenBytes },
      options: { authorizationMethod: code.tokenRequest.credentials, bodyFormat: code.tokenRequest.format }
    },
    // RFC 6749 §4.1.3: the token request has to name the same redirect_uri, so it is made of the state both times. Where it does
    // not carry the state, it is the registered one to the letter.
    callbackUri: code.correlation === 'redirect-query' ? ({ handshakeState }) => `${callback}?state=${handshakeState}` : callback,
    generateStateFunction: ({ handshakeState }) => handshakeState,
    // The callback has matched the handshake's row before it asks for the token.
    checkStateFunction: () => true,
    // The plugin keeps the state in a cookie of its own, which is of no use here: it expires as it arrives.
    cookie: { maxAge: 0 },
    userAgent: 'carillon'
  })
}

/** What parts scopes is the framework's to choose, unless there is only one to send. */
function scopeOf ({ scope, scopeSeparator }: CodeHandshake): string[] {
  return scopeSeparator === undefined || scope.length === 0 ? scope : [scope.join(scopeSeparator)]
}
