import type { FastifyInstance } from 'fastify'
import type { UserStore } from '../../kit/user-store.ts'
import { invalidParam } from '../http/pushbullet-error.ts'
import { readFields, readMuted, readText } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'
import type { Chat } from '../store/objects.ts'
import type { User } from '../store/user.ts'
import { collectionRoutes } from './collection-routes.ts'

export function chatRoutes (app: FastifyInstance, users: UserStore<User>): void {
  collectionRoutes(app, 'chats', (user) => user.chats, readMuted)

  app.post('/chats', async (request) => {
    const { chats } = userOf(request)
    const email = readText(readFields(request.body), 'email')?.trim()
    if (email === undefined || !/^[^\s@]+@[^\s@]+$/.test(email)) throw invalidParam('email')
    const existing = chats.values().find((chat) => chat.with.email_normalized === email.toLowerCase())
    return existing ?? chats.create({ with: partner(users, email) })
  })
}

function partner (users: UserStore<User>, email: string): Chat['with'] {
  const user = users.byId(email.trim().toLowerCase())
  return user === undefined
    ? { type: 'email', name: email, email, email_normalized: email.toLowerCase() }
    : { type: 'user', iden: user.iden, name: user.name, email: user.email, email_normalized: user.emailNormalized }
}
