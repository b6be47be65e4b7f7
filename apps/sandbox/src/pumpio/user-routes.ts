import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isMajor, typeOf } from './activity.ts'
import type { Activity } from './activity.ts'
import type { Authenticate } from './authenticate.ts'
import { generatorOf } from './clients.ts'
import { activityCollection, thingCollection } from './collections.ts'
import { originOf } from './discovery.ts'
import { fieldsOf } from './fields.ts'
import type { Fields } from './fields.ts'
import { HttpError, noSuchThing } from './http-error.ts'
import { queryOf } from './oauth-parameters.ts'
import type { PublishActivity } from './publish-activity.ts'
import { showActivity, showPerson, showThing } from './show.ts'
import type { StoredObject } from './stored-object.ts'
import type { User, Users } from './users.ts'

type Nickname = { Params: { nickname: string } }

export interface UserRoutes {
  users: Users
  authenticate: Authenticate
  publish: PublishActivity
}

const BOXES: Array<{ path: string, title: string, has: (activity: Activity, owner: User) => boolean }> = [
  { path: '', title: 'Activities', has: () => true },
  { path: '/major', title: 'Major activities', has: ({ verb, object }) => isMajor(verb, typeOf(object)) },
  { path: '/minor', title: 'Minor activities', has: ({ verb, object }) => !isMajor(verb, typeOf(object)) }
]

const DIRECT_BOXES = BOXES.map(({ path, title, has }): typeof BOXES[number] => ({
  path: `/direct${path}`,
  title: `${title} directly`,
  has: (activity, owner) => activity.audience.direct.includes(owner) && has(activity, owner)
}))

/** Everything below `/api/user/NAME`. */
export function userRoutes (app: FastifyInstance, { users, authenticate, publish }: UserRoutes): void {
  app.get<Nickname>('/api/user/:nickname', async (request) => {
    const viewer = authenticate.anybody(request)
    const { nickname, published } = userIn(request)
    return { nickname, published, updated: published, profile: showPerson(userIn(request), { viewer, origin: originOf(request) }) }
  })

  app.get<Nickname>('/api/user/:nickname/profile', async (request) => {
    const viewer = authenticate.anybody(request)
    return showPerson(userIn(request), { viewer, origin: originOf(request) })
  })

  for (const box of BOXES) {
    app.get<Nickname>(`/api/user/:nickname/feed${box.path}`, async (request) => {
      const viewer = authenticate.anybody(request)
      const owner = userIn(request)
      return boxOf(request, owner, viewer, owner.outbox, { ...box, path: `feed${box.path}`, title: `${box.title} by ${owner.nickname}` })
    })
  }

  for (const box of [...BOXES, ...DIRECT_BOXES]) {
    app.get<Nickname>(`/api/user/:nickname/inbox${box.path}`, async (request) => {
      const owner = mustBeOneself(authenticate.reader(request), userIn(request))
      return boxOf(request, owner, owner, owner.inbox, { ...box, path: `inbox${box.path}`, title: `${box.title} for ${owner.nickname}` })
    })
  }

  app.post<Nickname>('/api/user/:nickname/feed', async (request) => postToFeed(request, fieldsOf(request.body)))

  app.post<Nickname>('/api/user/:nickname/feed/major', async (request) => {
    const fields = fieldsOf(request.body)
    return postToFeed(request, fields, () => { mustBe(isMajor(...kindOf(fields)), 'Only major activities to this feed.') })
  })

  app.post<Nickname>('/api/user/:nickname/feed/minor', async (request) => {
    const fields = fieldsOf(request.body)
    return postToFeed(request, fields, () => { mustBe(!isMajor(...kindOf(fields)), 'Only minor activities to this feed.') })
  })

  app.post<Nickname>('/api/user/:nickname/inbox', async (request) => {
    authenticate.client(request)
    // Only another server, registered by dialback, delivers here.
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
      const viewer = authenticate.anybody(request)
      const owner = userIn(request)
      const feed = { title: `${title} ${owner.nickname}`, name: `user:${owner.nickname}:${path}`, url: urlOf(request, owner, path), owner }
      return thingCollection(feed, thingsOf(owner), queryOf(request.url), { viewer, origin: originOf(request) })
    })
  }

  for (const [path, verb] of [['following', 'follow'], ['favorites', 'favorite']] as const) {
    app.post<Nickname>(`/api/user/:nickname/${path}`, async (request) => {
      const { user, client } = authenticate.writer(request)
      mustBeOneself(user, userIn(request))
      const origin = originOf(request)
      const { object } = publish({ actor: user, fields: { verb, object: fieldsOf(request.body) }, generator: generatorOf(client), origin }, request)
      return showThing(object, { viewer: user, origin })
    })
  }

  app.get('/api/whoami', async (request, reply) => {
    const { nickname } = authenticate.reader(request)
    return reply.redirect(`${originOf(request)}/api/user/${nickname}/profile`, 302)
  })

  function postToFeed (request: FastifyRequest<Nickname>, fields: Fields, check: () => void = () => {}): Record<string, unknown> {
    const { user, client } = authenticate.writer(request)
    mustBeOneself(user, userIn(request))
    check()
    const origin = originOf(request)
    return showActivity(publish({ actor: user, fields, generator: generatorOf(client), origin }, request), { viewer: user, origin })
  }

  function userIn ({ params: { nickname } }: FastifyRequest<Nickname>): User {
    const user = users.get(nickname)
    if (user === undefined) throw new HttpError(404, noSuchThing('user', nickname))
    return user
  }
}

interface Box {
  path: string
  title: string
  has: (activity: Activity, owner: User) => boolean
}

function boxOf (request: FastifyRequest, owner: User, viewer: User | undefined, all: Activity[], { path, title, has }: Box): Record<string, unknown> {
  const activities = /\/\w/.test(path) ? all.filter((activity) => has(activity, owner)) : all
  const feed = { title, name: `user:${owner.nickname}:${path.replaceAll('/', ':')}`, url: urlOf(request, owner, path), owner }
  return activityCollection(feed, activities, queryOf(request.url), { viewer, origin: originOf(request) })
}

function urlOf (request: FastifyRequest, { nickname }: User, path: string): string {
  return `${originOf(request)}/api/user/${nickname}/${path}`
}

function mustBeOneself (user: User, named: User): User {
  if (user !== named) throw new HttpError(401, 'Not authorized')
  return user
}

function mustBe (isRight: boolean, fault: string): void {
  if (!isRight) throw new HttpError(400, fault)
}

function kindOf ({ verb, object }: Fields): [string, string] {
  return [typeof verb === 'string' ? verb : 'post', String(fieldsOf(object)['objectType'] ?? 'note')]
}
