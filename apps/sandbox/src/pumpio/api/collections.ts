import type { ParsedUrlQuery } from 'node:querystring'
import { isUser, maySee } from '../activities/activity.ts'
import type { Activity, StoredObject, User } from '../store/model.ts'
import { personId, showActivity, showPerson, showThing } from './show.ts'
import type { View } from './show.ts'
import { pageOf, readStreamArgs } from './stream.ts'
import type { StreamPage } from './stream.ts'

export interface Feed {
  title: string
  /** pump.io's name of the stream, such as `user:alice:inbox`, for its error about an unknown id. */
  name: string
  url: string
  owner?: User
  isOfPeople?: boolean
}

export type Collection = Record<string, unknown>

/** Activities, newest first, without those that the viewer may not see. */
export function activityCollection (feed: Feed, activities: Activity[], query: ParsedUrlQuery, view: View): Collection {
  const { title, name, url, owner } = feed
  const args = readStreamArgs(query)
  const visible = owner === view.viewer ? activities : activities.filter((activity) => maySee(activity, view.viewer))
  const { items, hasNext } = pageOf(visible, ({ id }) => id, args, name)
  return {
    displayName: title,
    objectTypes: ['activity'],
    url,
    links: { first: { href: url }, self: { href: url }, ...adjacentLinks(url, items.map(({ id }) => id), hasNext) },
    items: items.map((activity) => showActivity(activity, view)),
    totalItems: visible.length,
    ...(owner !== undefined && { author: showPerson(owner, view) })
  }
}

/** People and objects: followers, following, favorites, uploads, likes, replies, shares. */
export function thingCollection (feed: Feed, things: Array<StoredObject | User>, query: ParsedUrlQuery, view: View): Collection {
  const { title, name, url, owner, isOfPeople } = feed
  const idOf = (thing: StoredObject | User): string => isUser(thing) ? personId(thing, view.origin) : thing.id
  const { items, hasNext }: StreamPage<StoredObject | User> = pageOf(things, idOf, readStreamArgs(query), name)
  return {
    displayName: title,
    url,
    ...(isOfPeople === true && { objectTypes: ['person'] }),
    links: { first: { href: url }, self: { href: url }, ...adjacentLinks(url, items.map(idOf), hasNext) },
    items: items.map((thing) => showThing(thing, view)),
    totalItems: things.length,
    ...(owner !== undefined && { author: showPerson(owner, view) })
  }
}

/** `prev` links to newer items, even if there are none. `next` links to older ones. */
function adjacentLinks (url: string, ids: string[], hasNext: boolean): object {
  const [newest] = ids
  const oldest = ids.at(-1)
  if (newest === undefined || oldest === undefined) return {}
  return {
    prev: { href: `${url}?since=${encodeURIComponent(newest)}` },
    ...(hasNext && { next: { href: `${url}?before=${encodeURIComponent(oldest)}` } })
  }
}
