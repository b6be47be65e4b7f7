import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { html } from '../../kit/pages/html.ts'
import { admits } from './admits.ts'
import { Crash } from './crash.ts'
import { HttpError } from './http-error.ts'
import { OAuthError } from '../oauth/oauth-error.ts'
import { messagePage } from '../oauth/pages.ts'

/** Three voices: the OAuth engine's plain text, pump.io's JSON or page, and the framework's page for everything else. */
export function answerErrors (app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof Crash) {
      reply.hijack()
      request.raw.socket.resetAndDestroy()
      return reply
    }
    if (error instanceof OAuthError) return sayAsOAuth(request, reply, error)
    if (error instanceof HttpError) return sayAsPump(request, reply, error)
    return framework(reply, error.statusCode ?? 500, STATUS_CODES[error.statusCode ?? 500] ?? 'Error')
  })
  app.setNotFoundHandler((request, reply) => framework(reply, 404, `Cannot ${request.method} ${pathOf(request)}`))
}

/** What the framework says in production: the status in words, and nothing of what happened. */
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

function sayAsOAuth (request: FastifyRequest, reply: FastifyReply, { status, message }: OAuthError): FastifyReply {
  // The token endpoints, which would have the most reason to challenge, do not.
  if (!pathOf(request).startsWith('/oauth/')) reply.header('www-authenticate', 'OAuth realm="OAuth"')
  return plain(reply, status, message)
}

function sayAsPump (request: FastifyRequest, reply: FastifyReply, { status, message }: HttpError): FastifyReply {
  if (request.url.startsWith('/api/') || request.headers['x-requested-with'] === 'XMLHttpRequest') {
    return reply.code(status).send({ error: message })
  }
  if (!admits(request.headers.accept, 'text/html')) return plain(reply, status, message)
  return reply.code(status).type('text/html; charset=utf-8').send(messagePage('Error', message))
}

function framework (reply: FastifyReply, status: number, text: string): FastifyReply {
  reply.headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'", 'x-content-type-options': 'nosniff' })
  return reply.code(status).send(frameworkPage(text))
}

function plain (reply: FastifyReply, status: number, text: string): FastifyReply {
  // As bytes: to a string the server would add a charset, which pump.io does not.
  return reply.code(status).header('content-type', 'text/plain').send(Buffer.from(text))
}

function pathOf ({ url }: FastifyRequest): string {
  return url.replace(/\?.*$/s, '')
}
