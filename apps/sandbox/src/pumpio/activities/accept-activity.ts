import type { Clock } from '../../kit/clock.ts'
import { followersUrl, personId, profileUrl } from '../api/show.ts'
import { isFields } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { HttpError } from '../http/http-error.ts'
import { randomKey } from '../oauth/random-token.ts'
import { ADDRESS_FIELDS } from '../store/model.ts'
import type { Activity, Addresses, User } from '../store/model.ts'
import type { Objects } from '../store/objects.ts'
import { stamp } from '../store/users.ts'
import type { Users } from '../store/users.ts'
import { isUser } from './activity.ts'
import { audienceOf, hasAddressee, personOf, readAddresses } from './audience.ts'
import { createEffects } from './effects.ts'
import { findSubject, assertExists, readSubject } from './subject.ts'
import type { Subject } from './subject.ts'
import { contentOf } from './summary.ts'

export interface Post {
  actor: User
  /** The activity, as the client sent it. */
  fields: Fields
  generator: object
  origin: string
}

interface AcceptedActivity {
  activity: Activity
  /** The users whose inboxes contain it. The actor is always one of them. */
  receivers: Set<User>
}

/** Applies the verb of an activity, and adds the activity to the boxes of the actor and the receivers. */
export type AcceptActivity = (post: Post) => AcceptedActivity

const OWN_FIELDS = ['verb', 'actor', 'object', 'generator', 'content', 'published', 'updated', 'id', 'links', 'url', ...ADDRESS_FIELDS]
const ORIGINAL_VERBS = ['update', 'delete']
const OPTIONAL_ORIGINAL_VERBS = ['favorite', 'unfavorite', 'like', 'dislike']

export function createAcceptActivity (clock: Clock, users: Users, objects: Objects): AcceptActivity {
  const apply = createEffects(objects, users)

  return ({ actor, fields, generator, origin }) => {
    assertActor(fields['actor'], actor, origin)
    const verb = typeof fields['verb'] === 'string' ? fields['verb'] : 'post'
    const subject = readSubject(fields['object'])
    const addresses = readAddresses(fields)
    const known = hasAddressee(addresses) ? addresses : { ...addresses, ...defaultAddresses(verb, actor, subject, origin) }
    const now = stamp(clock)
    const object = apply({ verb, actor, subject, origin, now })
    const uuid = randomKey()
    const { id, content, published } = fields
    const activity: Activity = {
      uuid,
      id: typeof id === 'string' ? id : `${origin}/api/activity/${uuid}`,
      isForeignId: typeof id === 'string',
      origin,
      verb,
      actor,
      object,
      addresses: known,
      audience: audienceOf(known, actor, origin, users),
      generator,
      content: typeof content === 'string' ? content : contentOf(verb, actor, object, origin),
      published: typeof published === 'string' ? published : now,
      updated: now,
      fields: Object.fromEntries(Object.entries(fields).filter(([name]) => !OWN_FIELDS.includes(name) && !name.startsWith('_')))
    }
    if ((verb === 'post' || verb === 'create') && !isUser(object)) object.post = activity
    return { activity, receivers: distribute(activity) }
  }

  function distribute (activity: Activity): Set<User> {
    const { actor, audience } = activity
    actor.outbox.push(activity)
    // A public activity reaches the followers. Other users have to read the feed.
    const followers = audience.isPublic || audience.isForFollowers ? actor.followers : []
    const receivers = new Set([actor, ...audience.people, ...followers])
    for (const receiver of receivers) receiver.inbox.push(activity)
    return receivers
  }

  function defaultAddresses (verb: string, actor: User, subject: Subject, origin: string): Addresses {
    const followers: Addresses = { cc: [{ objectType: 'collection', id: followersUrl(actor, origin) }] }
    const thing = findSubject(subject, objects, users, origin)
    if (ORIGINAL_VERBS.includes(verb) && thing !== actor) return copied(assertPosted(postOf(assertExists(thing, subject))))
    if (OPTIONAL_ORIGINAL_VERBS.includes(verb)) {
      const original = postOf(thing)
      return original === undefined ? followers : copied(original)
    }
    if (subject.objectType === 'person' && thing !== actor) return { to: [{ objectType: 'person', id: subject.id }], ...followers }
    if (isFields(subject.fields['inReplyTo'])) return replyAddresses(actor, readSubject(subject.fields['inReplyTo']), origin)
    return followers
  }

  /** A reply goes to the receivers of the original, and to its author. */
  function replyAddresses (actor: User, original: Subject, origin: string): Addresses {
    const post = assertPosted(postOf(findSubject(original, objects, users, origin)))
    const addresses = copied(post)
    for (const name of ADDRESS_FIELDS) {
      const list = addresses[name]?.filter((address) => personOf(address, origin, users) !== actor)
      if (list !== undefined) addresses[name] = list
    }
    addresses.to = [...addresses.to ?? [], { objectType: 'person', id: profileUrl(post.actor, origin) }]
    return addresses
  }
}

function assertActor (value: unknown, actor: User, origin: string): void {
  if (value === undefined) return
  const id = isFields(value) ? value['id'] : undefined
  if (id !== personId(actor, origin) && id !== `acct:${actor.account}`) throw new HttpError(400, 'Invalid actor')
}

function postOf (thing: ReturnType<typeof findSubject>): Activity | undefined {
  return thing === undefined || isUser(thing) ? undefined : thing.post
}

function assertPosted (post: Activity | undefined): Activity {
  if (post === undefined) throw new Error('no original post')
  return post
}

function copied ({ addresses }: Activity): Addresses {
  return structuredClone(addresses)
}
