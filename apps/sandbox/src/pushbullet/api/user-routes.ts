import type { FastifyInstance } from 'fastify'
import { userOf } from '../oauth/session.ts'
import { MAX_UPLOAD_BYTES } from './uploads.ts'

export function userRoutes (app: FastifyInstance): void {
  app.get('/users/me', async (request) => {
    const user = userOf(request)
    return {
      iden: user.iden,
      created: user.created,
      modified: user.created,
      email: user.email,
      email_normalized: user.emailNormalized,
      name: user.name,
      image_url: `https://pushbullet.example/users/${user.iden}.png`,
      max_upload_size: MAX_UPLOAD_BYTES
    }
  })
}
