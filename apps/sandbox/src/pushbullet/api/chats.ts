import type { FastifyInstance } from 'fastify'
import type { ListQuery } from '../store/collection.ts'
import { invalidParam, notFound } from '../http/pushbullet-error.ts'
import { readFields, readFlag, readText } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'
import type { UserStore } from '../../kit/user-store.ts'
import type { Chat } from '../store/objects.ts'
import type { User } from '../store/user.ts'

export function chatRoutes (app: FastifyInstance, users: UserStore<User>): void {
  app.get<{ Querystring: ListQuery }>('/chats', async (request) => {
    const { page, cursor } = userOf(request).chats.list(request.query)
    return { chats: page, cursor }
  })

  app.post('/chats', async (request) => {
    const { chats } = userOf(request)
    const email = readText(readFields(request.body), 'email')?.trim()
    if (email === undefined || !/^[^\s@]+@[^\s@]+$/.test(email)) throw invalidParam('email')
    const existing = chats.values().find((chat) => chat.with.email_normalized === email.toLowerCase())
    return existing ?? chats.create({ with: partner(users, email) })
  })

  app.post<{ Params: { iden: string } }>('/chats/:iden', async (request) => {
    const muted = readFlag(readFields(request.body), 'muted')
    const chat = userOf(request).chats.update(request.params.iden, muted === undefined ? {} : { muted })
    if (chat === undefined) throw notFound()
    return chat
  })

  app.delete<{ Params: { iden: string } }>('/chats/:iden', async (request) => {
    if (!userOf(request).chats.remove(request.params.iden)) throw notFound()
    return {}
  })
}

function partner (users: UserStore<User>, email: string): Chat['with'] {
  const user = users.byId(email.trim().toLowerCase())
  return user === undefined
    ? { type: 'email', name: email, email, email_normalized: email.toLowerCase() }
    : { type: 'user', iden: user.iden, name: user.name, email: user.email, email_normalized: user.emailNormalized }
}
