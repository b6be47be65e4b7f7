import type { FastifyInstance, FastifyRequest } from 'fastify'
import { imageSize } from 'image-size'
import type { ContentStore } from '../../kit/content-store.ts'
import { fieldsOf } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { HttpError } from '../http/http-error.ts'
import type { Authenticate } from '../oauth/authenticate.ts'
import { queryOf } from '../oauth/oauth-parameters.ts'
import type { StoredObject, User } from '../store/model.ts'
import type { Objects } from '../store/objects.ts'
import type { Users } from '../store/users.ts'
import { thingCollection } from './collections.ts'
import { originOf } from './discovery.ts'
import { maySeeObject, showObject } from './show.ts'
import { assertSelf } from './user-in-path.ts'
import type { Nickname } from './user-in-path.ts'

export interface Upload {
  type: string
  content: Buffer
  object: StoredObject
}

export interface UploadRoutes {
  users: Users
  objects: Objects
  uploads: ContentStore<Upload>
  authenticate: Authenticate
}

const EXTENSIONS: Record<string, string> = {
  'audio/flac': 'flac',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'audio/x-wav': 'wav',
  'image/gif': 'gif',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/svg+xml': 'svg',
  'video/3gpp': '3gp',
  'video/mpeg': 'mpg',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/ogg': 'ogv',
  'video/webm': 'webm',
  'video/x-msvideo': 'avi'
}

/** Accepts bytes under their own content type, and base64 in JSON. pump.io ignores multipart. */
export function uploadRoutes (app: FastifyInstance, { users, objects, uploads, authenticate }: UploadRoutes): void {
  app.post<Nickname>('/api/user/:nickname/uploads', async (request) => {
    const { user } = authenticate.writer(request)
    assertSelf(user, request, users)
    const { type, content } = readFile(request)
    const origin = originOf(request)
    const path = `${user.nickname}/${dayOf(user)}/${Math.random().toString(36).slice(2, 8)}.${EXTENSIONS[type] ?? 'bin'}`
    const object = objects.create({ ...describe(type, content, `${origin}/uploads/${path}`), origin, author: user })
    uploads.set(path, { type, content, object })
    user.uploads.push(object)
    return showObject(object, { viewer: user, origin })
  })

  app.get<Nickname>('/api/user/:nickname/uploads', async (request) => {
    const owner = assertSelf(authenticate.reader(request), request, users)
    const origin = originOf(request)
    const url = `${origin}/api/user/${owner.nickname}/uploads`
    const feed = { title: `Uploads by ${owner.nickname}`, name: `uploads:${owner.nickname}`, url, owner }
    return thingCollection(feed, owner.uploads, queryOf(request.url), { viewer: owner, origin })
  })

  app.get<{ Params: { '*': string } }>('/uploads/*', async (request, reply) => {
    const viewer = authenticate.optionalReader(request)
    const upload = uploads.get(request.params['*'])
    // pump.io refuses files without a known extension, and sends 500 for unknown ones.
    if (upload !== undefined && EXTENSIONS[upload.type] === undefined) throw new HttpError(403, 'Not allowed')
    if (upload === undefined) throw new Error('Bad number of records for uploads')
    if (maySeeObject(upload.object, viewer) !== 'yes') throw new HttpError(403, 'Not allowed')
    reply.headers({ 'content-type': upload.type, 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox' })
    return reply.send(upload.content)
  })
}

function readFile ({ headers, body }: FastifyRequest): { type: string, content: Buffer } {
  const type = headers['content-type'] ?? ''
  if (type === 'application/json') {
    const { mimeType, data } = fieldsOf(body)
    if (mimeType === undefined) throw new HttpError(400, 'No mime type')
    if (data === undefined) throw new HttpError(400, 'No data')
    return { type: String(mimeType), content: Buffer.from(String(data), 'base64url') }
  }
  if (!Buffer.isBuffer(body)) throw new TypeError('path must be a string')
  return { type: type.replace(/;.*$/s, ''), content: body }
}

function describe (type: string, content: Buffer, url: string): { objectType: string, fields: Fields } {
  const [kind] = type.split('/')
  switch (kind) {
    case 'image': {
      // Like pump.io, it fails at bytes that are not a picture.
      const { width, height } = imageSize(content)
      return { objectType: 'image', fields: { image: { url, width, height }, fullImage: { url, width, height } } }
    }
    case 'audio': case 'video': return { objectType: kind, fields: { stream: { url } } }
    default: return { objectType: 'file', fields: { fileUrl: url, mimeType: type } }
  }
}

function dayOf ({ published }: User): string {
  return published.slice(0, 10).split('-').map(Number).join('/')
}
