import fastifyMultipart from '@fastify/multipart'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { queryOf } from '../kit/http/parameters.ts'
import { BotError, errorBody } from './bot-error.ts'
import { TOKEN } from './bot.ts'
import type { Fields, Method } from './methods.ts'

const MAX_FILE_BYTES = 50 * 1024 * 1024

/** `/bot<token>/<method>`, with GET or POST, and with fields in the query, JSON, a form or multipart. */
export async function apiRoutes (
  app: FastifyInstance, methods: Record<string, Method>, quirks: Record<string, boolean>
): Promise<void> {
  await app.register(fastifyMultipart, { attachFieldsToBody: true, limits: { fileSize: MAX_FILE_BYTES } })
  app.setErrorHandler((error: FastifyError | BotError, _request, reply) => {
    const { code, message, parameters } = error instanceof BotError ? error : new BotError(error.statusCode ?? 500, `Bad Request: ${error.message}`)
    return reply.code(code).headers(code === 429 ? { 'retry-after': String(parameters?.['retry_after'] ?? 1) } : {}).send(errorBody({ code, message, parameters }))
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(errorBody(new BotError(404, 'Not Found'))))

  // Each method has a route of its own, so that faults and statistics tell them apart.
  for (const name of ['sendMessage', 'sendDocument', 'getUpdates']) addRoute(`/bot:token/${name}`, () => name)
  addRoute('/bot:token/:method', ({ params }) => Object(params).method)

  function addRoute (url: string, methodOf: (request: FastifyRequest) => string): void {
    app.route({
      method: ['GET', 'POST'],
      url,
      handler: async (request) => {
        const { token } = Object(request.params)
        if (!/^\d+:[\w-]{30,}$/.test(token)) throw new BotError(404, 'Not Found')
        if (token !== TOKEN || quirks['refusesToken'] === true) throw new BotError(401, 'Unauthorized')
        const method = methods[methodOf(request).toLowerCase()]
        if (method === undefined) throw new BotError(404, 'Not Found: method not found')
        return { ok: true, result: await method(await fieldsOf(request), request) }
      }
    })
  }
}

async function fieldsOf (request: FastifyRequest): Promise<Fields> {
  const body: object = typeof request.body === 'object' && request.body !== null ? request.body : {}
  const fields = Object.entries({ ...Object.fromEntries(queryOf(request)), ...body })
  return Object.fromEntries(await Promise.all(fields.map(async ([name, value]) => [name, await valueOf(value)] as const)))
}

/** A part of a multipart form is a field, or a file of which the name and the size are kept. */
async function valueOf (part: unknown): Promise<unknown> {
  if (typeof part !== 'object' || part === null || !('fieldname' in part)) return part
  if ('toBuffer' in part && typeof part.toBuffer === 'function' && 'filename' in part && 'mimetype' in part) {
    const content: Buffer = await part.toBuffer()
    return { file_name: part.filename, mime_type: part.mimetype, file_size: content.length }
  }
  return 'value' in part ? part.value : undefined
}
