import type { Clock } from '../../kit/clock.ts'
import { StateMap, stateValue } from '../../kit/state/state-part.ts'
import type { StatePart } from '../../kit/state/state-part.ts'
import { createLinks } from './links.ts'
import type { Links } from './links.ts'
import { toSegment } from './names.ts'
import type { Query } from './names.ts'
import type { Owner, Stream, User } from './objects.ts'

export const MAX_CHILDREN = 1000
export const MAX_TAGS = 6
export const MAX_STREAMS_PER_USER = 10_000
const MAX_LIST_LENGTH = 20
const FIRST_COLOR = '#aaaaaa'

/** The streams of all users, and their children. The routes check permissions. */
export interface Streams {
  readonly links: Links
  byId: (id: string) => Stream | undefined
  /** By normalized address. */
  byUri: (uri: string) => Stream | undefined
  createUser: (account: string, id: string) => User
  /** Without a parent, creates the user's root stream. */
  create: (name: string, owner: Owner, parent?: Stream) => Stream
  setColor: (stream: Stream, color: string, poster: Owner) => void
  setTags: (stream: Stream, tags: readonly string[]) => void
  all: () => Stream[]
  /** Removes the stream, the streams below it, and every link to them. */
  remove: (stream: Stream) => void
  /** At most twenty, the latest change first. */
  search: (query: Query | undefined, among?: Iterable<Stream>) => Stream[]
  state: Record<string, StatePart>
  reset: () => void
}

export function createStreams (clock: Clock, nextId: () => string): Streams {
  const byId = new StateMap<string, Stream>()
  const byUri = new StateMap<string, Stream>()
  const links = createLinks()
  let changes = 0

  const streams: Streams = {
    links,
    byId: (id) => byId.get(id.toLowerCase()),
    byUri: (uri) => byUri.get(uri),

    createUser (account, id) {
      const owner = { id, account, streamCount: 0 }
      return Object.assign(owner, { root: streams.create(account, owner) })
    },

    create (name, owner, parent) {
      const created = clock.nowMs()
      const uri = parent === undefined ? toSegment(name) : `${parent.uri}/${toSegment(name)}`
      const status = { color: FIRST_COLOR, created, poster: owner.id }
      const stream: Stream = { id: nextId(), name, uri, owner, created, updated: created, change: ++changes, status, tags: [] }
      byId.set(stream.id, stream)
      byUri.set(uri, stream)
      owner.streamCount++
      if (parent !== undefined) links.add(parent, stream, true)
      return stream
    },

    setColor (stream, color, poster) {
      touch(stream)
      stream.status = { color, created: stream.updated, poster: poster.id }
    },

    setTags (stream, tags) {
      touch(stream)
      stream.tags = tags
    },

    all: () => [...byId.values()],

    remove (stream) {
      for (const { child, hierarchical } of links.childrenOf(stream)) if (hierarchical) streams.remove(child)
      links.removeAllOf(stream)
      byId.delete(stream.id)
      byUri.delete(stream.uri)
      stream.owner.streamCount--
    },

    search (query, among = byId.values()) {
      const found = [...among].filter((stream) => matches(stream, query))
      return found.sort((one, other) => other.change - one.change).slice(0, MAX_LIST_LENGTH)
    },

    state: {
      streams: byId, addresses: byUri, ...links.state, changes: stateValue(() => changes, (value) => { changes = value })
    },

    reset () {
      byId.clear()
      byUri.clear()
      links.reset()
    }
  }
  return streams

  function touch (stream: Stream): void {
    stream.updated = clock.nowMs()
    stream.change = ++changes
  }
}

function matches ({ name, status, tags }: Stream, query: Query | undefined): boolean {
  if (query === undefined) return true
  if ('color' in query) return status.color.toLowerCase() === query.color
  return 'tag' in query ? tags.includes(query.tag) : name.toLowerCase().includes(query.name)
}
