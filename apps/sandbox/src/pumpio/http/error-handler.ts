import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { pathOf } from '../../kit/http/recorded-request.ts'
import { html } from '../../kit/pages/html.ts'
import { OAuthError } from '../oauth/oauth-error.ts'
import { messagePage } from '../oauth/pages.ts'
import { accepts } from './accepts.ts'
import { Crash, HttpError } from './http-error.ts'

/** The OAuth engine sends plain text, pump.io sends JSON or a page, and the framework sends its page for everything else. */
export function handleErrors (app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof Crash) {
      reply.hijack()
      request.raw.socket.resetAndDestroy()
      return reply
    }
    if (error instanceof OAuthError) return sendOAuthError(request, reply, error)
    if (error instanceof HttpError) return sendHttpError(request, reply, error)
    return sendFrameworkPage(reply, error.statusCode ?? 500, STATUS_CODES[error.statusCode ?? 500] ?? 'Error')
  })
  app.setNotFoundHandler((request, reply) => sendFrameworkPage(reply, 404, `Cannot ${request.method} ${pathOf(request.url)}`))
}

/** The framework's error page in production: the status in words. */
export function frameworkPage (text: string): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Error</title>
</head>
<body>
<pre>${text}</pre>
</body>
</html>
`.text
}

function sendOAuthError (request: FastifyRequest, reply: FastifyReply, { status, message }: OAuthError): FastifyReply {
  // pump.io's token endpoints send no challenge.
  if (!pathOf(request.url).startsWith('/oauth/')) reply.header('www-authenticate', 'OAuth realm="OAuth"')
  return sendText(reply, status, message)
}

function sendHttpError (request: FastifyRequest, reply: FastifyReply, { status, message }: HttpError): FastifyReply {
  if (request.url.startsWith('/api/') || request.headers['x-requested-with'] === 'XMLHttpRequest') {
    return reply.code(status).send({ error: message })
  }
  if (!accepts(request.headers.accept, 'text/html')) return sendText(reply, status, message)
  return reply.code(status).type('text/html; charset=utf-8').send(messagePage('Error', message))
}

function sendFrameworkPage (reply: FastifyReply, status: number, text: string): FastifyReply {
  reply.headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'", 'x-content-type-options': 'nosniff' })
  return reply.code(status).send(frameworkPage(text))
}

function sendText (reply: FastifyReply, status: number, text: string): FastifyReply {
  // As bytes, since Fastify adds a charset to text and pump.io does not.
  return reply.code(status).header('content-type', 'text/plain').send(Buffer.from(text))
}
