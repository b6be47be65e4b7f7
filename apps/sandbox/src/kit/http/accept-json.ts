import type { FastifyInstance } from 'fastify'

/** Parses JSON. Some clients send `application/json` with an empty body, which Fastify's own parser refuses. */
export function acceptJson (app: FastifyInstance, contentTypes: string[] = ['application/json']): void {
  app.removeContentTypeParser(contentTypes)
  app.addContentTypeParser(contentTypes, { parseAs: 'string' }, (_request, text: string, done) => {
    if (text.trim() === '') return done(null, undefined)
    try {
      done(null, JSON.parse(text))
    } catch {
      done(Object.assign(new Error('the body is not JSON'), { statusCode: 400 }))
    }
  })
}
