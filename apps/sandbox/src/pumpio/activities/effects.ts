import { isFields } from '../http/fields.ts'
import { HttpError } from '../http/http-error.ts'
import type { StoredObject, User } from '../store/model.ts'
import type { Objects } from '../store/objects.ts'
import type { Users } from '../store/users.ts'
import { isUser } from './activity.ts'
import { personOf } from './audience.ts'
import { findSubject, assertExists, readSubject, authorFieldsOf } from './subject.ts'
import type { Subject } from './subject.ts'

export interface ActivityInput {
  verb: string
  actor: User
  subject: Subject
  origin: string
  now: string
}

/** Applies the verb of an activity, and returns the activity's object. An unknown verb only finds or creates the object. */
export function createEffects (objects: Objects, users: Users): (input: ActivityInput) => StoredObject | User {
  const effects: Record<string, (input: ActivityInput) => StoredObject | User> = {
    post: create,
    create,
    update,
    delete: remove,
    follow: (input) => aboutPerson(input, (actor, followed) => {
      if (actor.following.includes(followed)) throw new HttpError(400, `Already have a(n) 'edge' with id '${edge(input)}'`)
      actor.following.push(followed)
      followed.followers.push(actor)
    }),
    'stop-following': (input) => aboutPerson(input, (actor, followed) => {
      if (!actor.following.includes(followed)) throw new HttpError(400, `No such 'edge' with id '${edge(input)}'`)
      drop(actor.following, followed)
      drop(followed.followers, actor)
    }),
    favorite: like,
    like,
    unfavorite: unlike,
    unlike,
    share: (input) => about(input, (actor, object) => { if (!object.sharers.includes(actor)) object.sharers.push(actor) }),
    unshare: (input) => about(input, (actor, object) => { drop(object.sharers, actor) })
  }
  return (input) => (Object.hasOwn(effects, input.verb) ? effects[input.verb] ?? ensure : ensure)(input)

  function create (input: ActivityInput): StoredObject {
    const { actor, subject, origin } = input
    const known = subject.id === undefined ? undefined : objects.byId(subject.objectType, subject.id)
    // Not an HttpError: this 500 tells a client that its first attempt succeeded.
    if (known?.post !== undefined) throw new Error('Already posted')
    if (known !== undefined) return known
    const fields = authorFieldsOf(subject.fields)
    return objects.create({ ...subject, origin, author: actor, fields, inReplyTo: repliedTo(input) })
  }

  function update ({ actor, subject, origin, now }: ActivityInput): StoredObject | User {
    const object = assertExists(findSubject(subject, objects, users, origin), subject)
    if (object === actor) return object
    if (isUser(object) || object.author === undefined) throw new HttpError(400, `Can't update ${String(subject.id)}: not you.`)
    if (object.author !== actor) throw new HttpError(400, `Can't update ${object.id}: not author.`)
    Object.assign(object.fields, authorFieldsOf(subject.fields))
    object.updated = now
    return object
  }

  function remove ({ actor, subject, now }: ActivityInput): StoredObject {
    const object = assertExists(subject.id === undefined ? undefined : objects.byId(subject.objectType, subject.id), subject)
    if (object.author !== actor) throw new HttpError(400, `Can't delete ${object.id}: not author.`)
    object.fields = {}
    object.deleted = object.updated = now
    if (object.inReplyTo !== undefined) drop(object.inReplyTo.replies, object)
    return object
  }

  function like (input: ActivityInput): StoredObject | User {
    return about(input, (actor, object) => {
      if (object.likers.includes(actor)) throw new HttpError(400, `Already have a(n) 'favorite' with id '${edge(input)}'`)
      object.likers.push(actor)
      actor.favorites.push(object)
    })
  }

  function unlike (input: ActivityInput): StoredObject | User {
    return about(input, (actor, object) => {
      if (!object.likers.includes(actor)) throw new HttpError(400, `No such 'favorite' with id '${edge(input)}'`)
      drop(object.likers, actor)
      drop(actor.favorites, object)
    })
  }

  function about (input: ActivityInput, effect: (actor: User, object: StoredObject) => void): StoredObject | User {
    const object = ensure(input)
    if (!isUser(object)) effect(input.actor, object)
    return object
  }

  function aboutPerson (input: ActivityInput, effect: (actor: User, person: User) => void): StoredObject | User {
    if (input.subject.id === undefined) throw new HttpError(400, 'No object ID for activity undefined')
    const person = personOf(input.subject.fields, input.origin, users)
    if (person === undefined) return ensure(input)
    effect(input.actor, person)
    return person
  }

  /** Creates an unknown object when an activity mentions it. */
  function ensure ({ subject, origin }: ActivityInput): StoredObject | User {
    const known = findSubject(subject, objects, users, origin)
    return known ?? objects.create({ ...subject, origin, fields: authorFieldsOf(subject.fields) })
  }

  function repliedTo ({ subject: { fields }, origin }: ActivityInput): StoredObject | undefined {
    if (!isFields(fields['inReplyTo'])) return undefined
    const original = readSubject(fields['inReplyTo'])
    const known = findSubject(original, objects, users, origin)
    if (known !== undefined && isUser(known)) return undefined
    return known ?? objects.create({ ...original, origin, fields: authorFieldsOf(original.fields) })
  }
}

function edge ({ actor, subject }: ActivityInput): string {
  return `${actor.account}→${String(subject.id)}`
}

function drop<T> (list: T[], item: T): void {
  const index = list.indexOf(item)
  if (index !== -1) list.splice(index, 1)
}
