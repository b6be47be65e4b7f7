import type { FastifyInstance } from 'fastify'
import { invalidParam } from '../http/pushbullet-error.ts'
import { readFields, readTexts } from '../http/read-fields.ts'
import { userOf } from '../oauth/access.ts'
import type { Entry } from '../store/collection.ts'
import type { Channel, Subscription } from '../store/objects.ts'
import type { User } from '../store/user.ts'
import { listRoute } from './collection-routes.ts'

const PUBLIC = ['iden', 'active', 'created', 'modified', 'type', 'title', 'body', 'url', 'file_name', 'file_type', 'file_url'] as const

/** A channel belongs to its owner, and every user can find it. */
export interface Channels {
  create: (owner: User, channel: Channel) => Channel & Entry
  byTag: (tag: string) => { owner: User, channel: Channel & Entry } | undefined
  subscribe: (user: User, channel: Subscription['channel']) => Subscription & Entry
  subscribers: (channelIden: string) => User[]
  reset: () => void
}

export function createChannels (): Channels {
  const byTag = new Map<string, { owner: User, channel: Channel & Entry }>()
  const everSubscribed = new Map<string, Set<User>>()

  return {
    create (owner, fields) {
      const channel = owner.channels.create(fields)
      byTag.set(fields.tag, { owner, channel })
      return channel
    },

    byTag: (tag) => byTag.get(tag),

    subscribe (user, channel) {
      const users = everSubscribed.get(channel.iden) ?? new Set()
      everSubscribed.set(channel.iden, users.add(user))
      return subscriptionTo(user, channel.iden) ?? user.subscriptions.create({ channel })
    },

    subscribers (channelIden) {
      return [...everSubscribed.get(channelIden) ?? []].filter((user) => subscriptionTo(user, channelIden) !== undefined)
    },

    reset () {
      byTag.clear()
      everSubscribed.clear()
    }
  }
}

export function channelRoutes (app: FastifyInstance, channels: Channels): void {
  listRoute(app, 'channels')

  app.post('/channels', async (request) => {
    const { tag, name, ...more } = readTexts(readFields(request.body), ['tag', 'name', 'description', 'image_url', 'website_url'])
    if (tag === undefined || channels.byTag(tag) !== undefined) throw invalidParam('tag')
    return channels.create(userOf(request), { tag, name: name ?? tag, ...more })
  })
}

/** Needs no token. */
export function channelInfoRoutes (app: FastifyInstance, channels: Channels): void {
  app.get<{ Querystring: { tag?: string, no_recent_pushes?: string } }>('/channel-info', async (request) => {
    const found = channels.byTag(request.query.tag ?? '')
    if (found === undefined) throw invalidParam('tag')
    const { owner, channel: { iden, tag, name, description, image_url: imageUrl } } = found
    return {
      iden,
      tag,
      name,
      description,
      image_url: imageUrl,
      subscriber_count: channels.subscribers(iden).length,
      recent_pushes: request.query.no_recent_pushes === 'true' ? [] : recentPushes(owner, iden)
    }
  })
}

function subscriptionTo (user: User, channelIden: string): (Subscription & Entry) | undefined {
  return user.subscriptions.values().find(({ channel }) => channel.iden === channelIden)
}

/** Omits the owner, since every caller can read it. */
function recentPushes (owner: User, channelIden: string): object[] {
  return owner.pushes.values()
    .filter((push) => push.channel_iden === channelIden)
    .slice(-10)
    .reverse()
    .map((push) => Object.fromEntries(PUBLIC.map((member) => [member, push[member]])))
}
