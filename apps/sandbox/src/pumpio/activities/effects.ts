import { isUser } from './activity.ts'
import { HttpError } from '../http/http-error.ts'
import type { Objects } from '../store/objects.ts'
import { personOf } from './audience.ts'
import { isFields } from '../http/fields.ts'
import type { StoredObject } from '../store/model.ts'
import { findSubject, mustExist, readSubject, wordsOf } from './subject.ts'
import type { Subject } from './subject.ts'
import type { Users } from '../store/users.ts'
import type { User } from '../store/model.ts'

export interface Deed {
  verb: string
  actor: User
  subject: Subject
  origin: string
  now: string
}

/** What verbs do besides being told. Gives what the activity is about; verbs that are unknown only see to that. */
export function createEffects (objects: Objects, users: Users): (deed: Deed) => StoredObject | User {
  const effects: Record<string, (deed: Deed) => StoredObject | User> = {
    post: create,
    create,
    update,
    delete: remove,
    follow: (deed) => aboutPerson(deed, (actor, followed) => {
      if (actor.following.includes(followed)) throw new HttpError(400, `Already have a(n) 'edge' with id '${edge(deed)}'`)
      actor.following.push(followed)
      followed.followers.push(actor)
    }),
    'stop-following': (deed) => aboutPerson(deed, (actor, followed) => {
      if (!actor.following.includes(followed)) throw new HttpError(400, `No such 'edge' with id '${edge(deed)}'`)
      drop(actor.following, followed)
      drop(followed.followers, actor)
    }),
    favorite: like,
    like,
    unfavorite: unlike,
    unlike,
    share: (deed) => about(deed, (actor, object) => { if (!object.sharers.includes(actor)) object.sharers.push(actor) }),
    unshare: (deed) => about(deed, (actor, object) => { drop(object.sharers, actor) })
  }
  return (deed) => (Object.hasOwn(effects, deed.verb) ? effects[deed.verb] ?? ensure : ensure)(deed)

  function create (deed: Deed): StoredObject {
    const { actor, subject, origin } = deed
    const known = subject.id === undefined ? undefined : objects.byId(subject.objectType, subject.id)
    // No HttpError: this is the 500 by which a client finds out that its first try had gone through.
    if (known?.post !== undefined) throw new Error('Already posted')
    if (known !== undefined) return known
    return objects.create({ ...subject, origin, author: actor, fields: wordsOf(subject.fields), inReplyTo: repliedTo(deed) })
  }

  function update ({ actor, subject, origin, now }: Deed): StoredObject | User {
    const object = mustExist(findSubject(subject, objects, users, origin), subject)
    if (object === actor) return object
    if (isUser(object) || object.author === undefined) throw new HttpError(400, `Can't update ${String(subject.id)}: not you.`)
    if (object.author !== actor) throw new HttpError(400, `Can't update ${object.id}: not author.`)
    Object.assign(object.fields, wordsOf(subject.fields))
    object.updated = now
    return object
  }

  function remove ({ actor, subject, now }: Deed): StoredObject {
    const object = mustExist(subject.id === undefined ? undefined : objects.byId(subject.objectType, subject.id), subject)
    if (object.author !== actor) throw new HttpError(400, `Can't delete ${object.id}: not author.`)
    object.fields = {}
    object.deleted = object.updated = now
    if (object.inReplyTo !== undefined) drop(object.inReplyTo.replies, object)
    return object
  }

  function like (deed: Deed): StoredObject | User {
    return about(deed, (actor, object) => {
      if (object.likers.includes(actor)) throw new HttpError(400, `Already have a(n) 'favorite' with id '${edge(deed)}'`)
      object.likers.push(actor)
      actor.favorites.push(object)
    })
  }

  function unlike (deed: Deed): StoredObject | User {
    return about(deed, (actor, object) => {
      if (!object.likers.includes(actor)) throw new HttpError(400, `No such 'favorite' with id '${edge(deed)}'`)
      drop(object.likers, actor)
      drop(actor.favorites, object)
    })
  }

  function about (deed: Deed, effect: (actor: User, object: StoredObject) => void): StoredObject | User {
    const object = ensure(deed)
    if (!isUser(object)) effect(deed.actor, object)
    return object
  }

  function aboutPerson (deed: Deed, effect: (actor: User, person: User) => void): StoredObject | User {
    if (deed.subject.id === undefined) throw new HttpError(400, 'No object ID for activity undefined')
    const person = personOf(deed.subject.fields, deed.origin, users)
    if (person === undefined) return ensure(deed)
    effect(deed.actor, person)
    return person
  }

  /** What is not known here becomes known by being spoken of. */
  function ensure ({ subject, origin }: Deed): StoredObject | User {
    return findSubject(subject, objects, users, origin) ?? objects.create({ ...subject, origin, fields: wordsOf(subject.fields) })
  }

  function repliedTo ({ subject: { fields }, origin }: Deed): StoredObject | undefined {
    if (!isFields(fields['inReplyTo'])) return undefined
    const original = readSubject(fields['inReplyTo'])
    const known = findSubject(original, objects, users, origin)
    if (known !== undefined && isUser(known)) return undefined
    return known ?? objects.create({ ...original, origin, fields: wordsOf(original.fields) })
  }
}

function edge ({ actor, subject }: Deed): string {
  return `${actor.account}→${String(subject.id)}`
}

function drop<T> (list: T[], item: T): void {
  const index = list.indexOf(item)
  if (index !== -1) list.splice(index, 1)
}
