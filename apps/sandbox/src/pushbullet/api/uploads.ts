import { randomUUID } from 'node:crypto'
import fastifyMultipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import type { ContentStore } from '../../kit/content-store.ts'
import { invalidParam, notFound, tooLarge } from '../http/pushbullet-error.ts'
import { readFields, readText } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'

/** A requested upload. It has `content` once it has arrived. */
export interface UploadedFile {
  name: string
  type: string
  content?: Buffer
}

export const MAX_UPLOAD_BYTES = 26_214_400

export function uploadRequestRoutes (app: FastifyInstance, files: ContentStore<UploadedFile>): void {
  app.post('/upload-request', async (request) => {
    userOf(request)
    const fields = readFields(request.body)
    const name = cleanName(readText(fields, 'file_name'))
    const type = readText(fields, 'file_type') ?? 'application/octet-stream'
    const iden = randomUUID().replaceAll('-', '')
    files.set(iden, { name, type })
    const base = `${request.protocol}://${request.host}/pushbullet`
    return {
      file_name: name,
      file_type: type,
      file_url: `${base}/files/${iden}/${encodeURIComponent(name)}`,
      upload_url: `${base}/upload/${iden}`,
      // Deprecated. Older clients still send it.
      data: { acl: 'public-read', key: `${iden}/${name}`, 'content-type': type }
    }
  })
}

/** The routes of `upload_url` and `file_url`, which need no token. */
export async function uploadRoutes (app: FastifyInstance, files: ContentStore<UploadedFile>): Promise<void> {
  await app.register(fastifyMultipart, {
    limits: { fileSize: MAX_UPLOAD_BYTES, files: 1 },
    // A part needs no file name (RFC 7578 §4.2), and older clients send none.
    isPartAFile: (name, _type, fileName) => name === 'file' || fileName !== undefined
  })

  app.post<{ Params: { iden: string } }>('/upload/:iden', async (request, reply) => {
    const file = files.get(request.params.iden)
    if (file === undefined) throw notFound()
    const part = request.isMultipart() ? await request.file() : undefined
    if (part?.fieldname !== 'file') throw invalidParam('file')
    const content = await part.toBuffer()
    // The parser truncates without an error when the last byte arrives in its own chunk.
    if (part.file.truncated) throw tooLarge()
    files.set(request.params.iden, { ...file, content })
    return reply.code(204).send()
  })

  app.get<{ Params: { iden: string } }>('/files/:iden/:name', async (request, reply) => {
    const file = files.get(request.params.iden)
    if (file?.content === undefined) throw notFound()
    reply.headers({ 'content-type': file.type, 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox' })
    return reply.send(file.content)
  })
}

/** Changes some names, so that a client that ignores the name in the response fails here. */
function cleanName (name: string | undefined): string {
  const last = name?.split(/[\\/]/).at(-1)?.replace(/\p{Cc}/gu, '').trim()
  if (last === undefined || last === '') throw invalidParam('file_name')
  return last
}
