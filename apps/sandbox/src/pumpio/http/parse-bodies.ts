import { parse } from 'node:querystring'
import type { FastifyInstance } from 'fastify'

// The body parser's default. Pictures in JSON have to fit as well.
const MOST_JSON_BYTES = 100 * 1024
const MOST_UPLOAD_BYTES = 32 * 1024 * 1024

/** JSON and forms have fields; the rest is bytes. */
export function parseBodies (app: FastifyInstance): void {
  app.removeAllContentTypeParsers()

  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: MOST_JSON_BYTES }, (_request, text: string, done) => {
    if (text === '') return done(null, {})
    // Only objects and lists count as JSON there.
    if (!/^\s*[[{]/.test(text)) return done(badRequest())
    try {
      done(null, JSON.parse(text))
    } catch {
      done(badRequest())
    }
  })

  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string', bodyLimit: MOST_JSON_BYTES }, (_request, text: string, done) => {
    done(null, { ...parse(text) })
  })

  // Parsed there, too, and then looked at by nobody.
  app.addContentTypeParser('multipart/form-data', { parseAs: 'buffer', bodyLimit: MOST_UPLOAD_BYTES }, (_request, _content, done) => {
    done(null, {})
  })

  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MOST_UPLOAD_BYTES }, (_request, content, done) => { done(null, content) })
}

function badRequest (): Error {
  return Object.assign(new SyntaxError('the body is not JSON'), { statusCode: 400 })
}
