import type { FastifyInstance, FastifyRequest } from 'fastify'
import { imageSize } from 'image-size'
import type { Authenticate } from '../oauth/authenticate.ts'
import { thingCollection } from './collections.ts'
import { originOf } from './discovery.ts'
import { fieldsOf } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { HttpError, noSuchThing } from '../http/http-error.ts'
import { queryOf } from '../oauth/oauth-parameters.ts'
import type { Objects } from '../store/objects.ts'
import { maySeeObject, showObject } from './show.ts'
import type { StoredObject } from '../store/model.ts'
import type { Users } from '../store/users.ts'
import type { User } from '../store/model.ts'

type Nickname = { Params: { nickname: string } }

interface Upload {
  type: string
  content: Buffer
  object: StoredObject
}

export interface Uploads {
  byPath: Map<string, Upload>
  /** Puts a file in; the oldest give way. */
  add: (path: string, upload: Upload) => void
}

export interface UploadRoutes {
  users: Users
  objects: Objects
  uploads: Uploads
  authenticate: Authenticate
}

const MOST_BYTES = 128 * 1024 * 1024

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

export function createUploads (): Uploads {
  const byPath = new Map<string, Upload>()
  return {
    byPath,
    add (path, upload) {
      let bytes = upload.content.length
      for (const { content } of byPath.values()) bytes += content.length
      for (const [oldest, { content }] of byPath) {
        if (bytes <= MOST_BYTES) break
        byPath.delete(oldest)
        bytes -= content.length
      }
      byPath.set(path, upload)
    }
  }
}

/** The bytes themselves under their own content type, or base64 in JSON. Nothing is made of multipart. */
export function uploadRoutes (app: FastifyInstance, { users, objects, uploads, authenticate }: UploadRoutes): void {
  app.post<Nickname>('/api/user/:nickname/uploads', async (request) => {
    const { user } = authenticate.writer(request)
    mustBeOneself(user, request)
    const { type, content } = readFile(request)
    const origin = originOf(request)
    const path = `${user.nickname}/${dayOf(user)}/${Math.random().toString(36).slice(2, 8)}.${EXTENSIONS[type] ?? 'bin'}`
    const object = objects.create({ ...describe(type, content, `${origin}/uploads/${path}`), origin, author: user })
    uploads.add(path, { type, content, object })
    user.uploads.push(object)
    return showObject(object, { viewer: user, origin })
  })

  app.get<Nickname>('/api/user/:nickname/uploads', async (request) => {
    const owner = mustBeOneself(authenticate.reader(request), request)
    const origin = originOf(request)
    const url = `${origin}/api/user/${owner.nickname}/uploads`
    const feed = { title: `Uploads by ${owner.nickname}`, name: `uploads:${owner.nickname}`, url, owner }
    return thingCollection(feed, owner.uploads, queryOf(request.url), { viewer: owner, origin })
  })

  app.get<{ Params: { '*': string } }>('/uploads/*', async (request, reply) => {
    const viewer = authenticate.whoever(request)
    const upload = uploads.byPath.get(request.params['*'])
    // What has no known extension is never given out; what is not there is a mishap, not a 404.
    if (upload !== undefined && EXTENSIONS[upload.type] === undefined) throw new HttpError(403, 'Not allowed')
    if (upload === undefined) throw new Error('Bad number of records for uploads')
    if (maySeeObject(upload.object, viewer) !== 'yes') throw new HttpError(403, 'Not allowed')
    reply.headers({ 'content-type': upload.type, 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox' })
    return reply.send(upload.content)
  })

  function mustBeOneself (user: User, { params: { nickname } }: FastifyRequest<Nickname>): User {
    if (users.get(nickname) === undefined) throw new HttpError(404, noSuchThing('user', nickname))
    if (user.nickname !== nickname) throw new HttpError(401, 'Not authorized')
    return user
  }
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
      // Bytes that are no picture end in an error here, as they do at pump.io.
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
