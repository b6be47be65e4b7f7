import type { FastifyInstance } from 'fastify'

/** Leaves every body as text, for services that check the content type or parse the body per route. */
export function keepBodiesAsText (app: FastifyInstance, maxBytes = 1024 * 1024): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maxBytes }, (_request, text, done) => { done(null, text) })
}
