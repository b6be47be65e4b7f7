import { parse } from 'node:querystring'
import type { FastifyInstance } from 'fastify'

// The body parser's default, which also limits pictures in JSON.
const MAX_JSON_BYTES = 100 * 1024
const MAX_UPLOAD_BYTES = 32 * 1024 * 1024

/** JSON and forms have fields. Any other body is bytes. */
export function parseBodies (app: FastifyInstance): void {
  app.removeAllContentTypeParsers()

  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: MAX_JSON_BYTES }, (_request, text: string, done) => {
    if (text === '') return done(null, {})
    // pump.io's parser accepts only objects and arrays.
    if (!/^\s*[[{]/.test(text)) return done(badRequest())
    try {
      done(null, JSON.parse(text))
    } catch {
      done(badRequest())
    }
  })

  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string', bodyLimit: MAX_JSON_BYTES }, (_request, text: string, done) => {
    done(null, { ...parse(text) })
  })

  // pump.io parses multipart forms and ignores them.
  app.addContentTypeParser('multipart/form-data', { parseAs: 'buffer', bodyLimit: MAX_UPLOAD_BYTES }, (_request, _content, done) => {
    done(null, {})
  })

  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_UPLOAD_BYTES }, (_request, content, done) => { done(null, content) })
}

function badRequest (): Error {
  return Object.assign(new SyntaxError('the body is not JSON'), { statusCode: 400 })
}
