import fastifyMultipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import type { Files } from '../store/files.ts'
import { invalidParam, notFound, tooLarge } from '../http/pushbullet-error.ts'
import { readFields, readText } from '../http/read-fields.ts'
import { userOf } from '../oauth/session.ts'

export const MAX_UPLOAD_BYTES = 26_214_400

export function uploadRequestRoutes (app: FastifyInstance, files: Files): void {
  app.post('/upload-request', async (request) => {
    userOf(request)
    const fields = readFields(request.body)
    const name = cleanName(readText(fields, 'file_name'))
    const type = readText(fields, 'file_type') ?? 'application/octet-stream'
    const iden = files.request(name, type)
    const base = `${request.protocol}://${request.host}/pushbullet`
    return {
      file_name: name,
      file_type: type,
      file_url: `${base}/files/${iden}/${encodeURIComponent(name)}`,
      upload_url: `${base}/upload/${iden}`,
      // Deprecated, and still sent along by older clients.
      data: { acl: 'public-read', key: `${iden}/${name}`, 'content-type': type }
    }
  })
}

/** Where `upload_url` and `file_url` lead: no token is asked for at either. */
export async function uploadRoutes (app: FastifyInstance, files: Files): Promise<void> {
  await app.register(fastifyMultipart, {
    limits: { fileSize: MAX_UPLOAD_BYTES, files: 1 },
    // Its name makes it the file: a part need not say what it was called (RFC 7578 §4.2), and older clients do not.
    isPartAFile: (name, _type, fileName) => name === 'file' || fileName !== undefined
  })

  app.post<{ Params: { iden: string } }>('/upload/:iden', async (request, reply) => {
    if (files.get(request.params.iden) === undefined) throw notFound()
    const part = request.isMultipart() ? await request.file() : undefined
    if (part?.fieldname !== 'file') throw invalidParam('file')
    const content = await part.toBuffer()
    // One byte too many, when it comes in a chunk of its own, is cut off without an error.
    if (part.file.truncated) throw tooLarge()
    files.store(request.params.iden, content)
    return reply.code(204).send()
  })

  app.get<{ Params: { iden: string } }>('/files/:iden/:name', async (request, reply) => {
    const file = files.get(request.params.iden)
    if (file?.content === undefined) throw notFound()
    reply.headers({ 'content-type': file.type, 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox' })
    return reply.send(file.content)
  })
}

/** What is answered is what counts, not what was asked for: a client that goes on with its own name shows it here. */
function cleanName (name: string | undefined): string {
  const last = name?.split(/[\\/]/).at(-1)?.replace(/\p{Cc}/gu, '').trim()
  if (last === undefined || last === '') throw invalidParam('file_name')
  return last
}
