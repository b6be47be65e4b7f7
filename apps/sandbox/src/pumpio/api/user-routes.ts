import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isMajor, typeOf } from '../activities/activity.ts'
import type { PublishActivity } from '../activities/publish-activity.ts'
import { fieldsOf } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { HttpError } from '../http/http-error.ts'
import type { Authenticate } from '../oauth/authenticate.ts'
import { generatorOf } from '../oauth/clients.ts'
import { queryOf } from '../oauth/oauth-parameters.ts'
import type { Activity, StoredObject, User } from '../store/model.ts'
import type { Users } from '../store/users.ts'
import { activityCollection, thingCollection } from './collections.ts'
import type { Collection } from './collections.ts'
import { originOf } from './discovery.ts'
import { showActivity, showPerson, showThing } from './show.ts'
import { assertSelf, userInPath } from './user-in-path.ts'
import type { Nickname } from './user-in-path.ts'

export interface UserRoutes {
  users: Users
  authenticate: Authenticate
  publish: PublishActivity
}

interface Box {
  path: string
  title: string
  has: (activity: Activity, owner: User) => boolean
}

const BOXES: Box[] = [
  { path: '', title: 'Activities', has: () => true },
  { path: '/major', title: 'Major activities', has: ({ verb, object }) => isMajor(verb, typeOf(object)) },
  { path: '/minor', title: 'Minor activities', has: ({ verb, object }) => !isMajor(verb, typeOf(object)) }
]

const DIRECT_BOXES = BOXES.map(({ path, title, has }): Box => ({
  path: `/direct${path}`,
  title: `${title} directly`,
  has: (activity, owner) => activity.audience.direct.includes(owner) && has(activity, owner)
}))

/** The routes below `/api/user/NAME`, and whoami. */
export function userRoutes (app: FastifyInstance, { users, authenticate, publish }: UserRoutes): void {
  app.get<Nickname>('/api/user/:nickname', async (request) => {
    const viewer = authenticate.publicReader(request)
    const user = userInPath(request, users)
    const profile = showPerson(user, { viewer, origin: originOf(request) })
    return { nickname: user.nickname, published: user.published, updated: user.published, profile }
  })

  app.get<Nickname>('/api/user/:nickname/profile', async (request) => {
    const viewer = authenticate.publicReader(request)
    return showPerson(userInPath(request, users), { viewer, origin: originOf(request) })
  })

  for (const box of BOXES) {
    app.get<Nickname>(`/api/user/:nickname/feed${box.path}`, async (request) => {
      const viewer = authenticate.publicReader(request)
      const owner = userInPath(request, users)
      return boxOf(request, { ...box, path: `feed${box.path}`, title: `${box.title} by ${owner.nickname}` }, owner, viewer)
    })
  }

  for (const box of [...BOXES, ...DIRECT_BOXES]) {
    app.get<Nickname>(`/api/user/:nickname/inbox${box.path}`, async (request) => {
      const owner = assertSelf(authenticate.reader(request), request, users)
      return boxOf(request, { ...box, path: `inbox${box.path}`, title: `${box.title} for ${owner.nickname}` }, owner, owner)
    })
  }

  app.post<Nickname>('/api/user/:nickname/feed', async (request) => postToFeed(request, fieldsOf(request.body)))

  app.post<Nickname>('/api/user/:nickname/feed/major', async (request) => {
    const fields = fieldsOf(request.body)
    return postToFeed(request, fields, () => { assertThat(isMajor(...kindOf(fields)), 'Only major activities to this feed.') })
  })

  app.post<Nickname>('/api/user/:nickname/feed/minor', async (request) => {
    const fields = fieldsOf(request.body)
    return postToFeed(request, fields, () => { assertThat(!isMajor(...kindOf(fields)), 'Only minor activities to this feed.') })
  })

  app.post<Nickname>('/api/user/:nickname/inbox', async (request) => {
    authenticate.client(request)
    // Only another server that registered by dialback delivers here.
    throw new HttpError(401, 'Authentication required')
  })

  const lists: Array<[string, string, (owner: User) => Array<StoredObject | User>]> = [
    ['followers', 'Followers for', ({ followers }) => followers],
    ['following', 'Following for', ({ following }) => following],
    ['favorites', 'Favorites of', ({ favorites }) => favorites],
    ['lists/person', 'Collections of persons for', () => []]
  ]
  for (const [path, title, thingsOf] of lists) {
    app.get<Nickname>(`/api/user/:nickname/${path}`, async (request) => {
      const viewer = authenticate.publicReader(request)
      const owner = userInPath(request, users)
      const name = `${path}:${owner.nickname}`
      const feed = { title: `${title} ${owner.nickname}`, name, url: urlOf(request, owner, path), owner, isOfPeople: path.startsWith('follow') }
      return thingCollection(feed, thingsOf(owner), queryOf(request.url), { viewer, origin: originOf(request) })
    })
  }

  for (const [path, verb] of [['following', 'follow'], ['favorites', 'favorite']] as const) {
    app.post<Nickname>(`/api/user/:nickname/${path}`, async (request) => {
      const { user, client } = authenticate.writer(request)
      assertSelf(user, request, users)
      const origin = originOf(request)
      const fields = { verb, object: fieldsOf(request.body) }
      const { object } = publish({ actor: user, fields, generator: generatorOf(client), origin }, request)
      return showThing(object, { viewer: user, origin })
    })
  }

  app.get('/api/whoami', async (request, reply) => {
    const { nickname } = authenticate.reader(request)
    return reply.redirect(`${originOf(request)}/api/user/${nickname}/profile`, 302)
  })

  function postToFeed (request: FastifyRequest<Nickname>, fields: Fields, check: () => void = () => {}): Record<string, unknown> {
    const { user, client } = authenticate.writer(request)
    assertSelf(user, request, users)
    check()
    const origin = originOf(request)
    const activity = publish({ actor: user, fields, generator: generatorOf(client), origin }, request)
    return showActivity(activity, { viewer: user, origin })
  }
}

function boxOf (request: FastifyRequest, { path, title, has }: Box, owner: User, viewer: User | undefined): Collection {
  const all = path.startsWith('feed') ? owner.outbox : owner.inbox
  const activities = path.includes('/') ? all.filter((activity) => has(activity, owner)) : all
  const feed = { title, name: `user:${owner.nickname}:${path.replaceAll('/', ':')}`, url: urlOf(request, owner, path), owner }
  return activityCollection(feed, activities, queryOf(request.url), { viewer, origin: originOf(request) })
}

function urlOf (request: FastifyRequest, { nickname }: User, path: string): string {
  return `${originOf(request)}/api/user/${nickname}/${path}`
}

function assertThat (isValid: boolean, message: string): void {
  if (!isValid) throw new HttpError(400, message)
}

function kindOf ({ verb, object }: Fields): [string, string] {
  return [typeof verb === 'string' ? verb : 'post', String(fieldsOf(object)['objectType'] ?? 'note')]
}
