import { StateMap } from '../../kit/state/state-part.ts'
import type { StatePart } from '../../kit/state/state-part.ts'
import type { Stream } from './objects.ts'

interface Link {
  child: Stream
  /** The child's address is below its parent's; otherwise a user linked it. */
  hierarchical: boolean
}

/** The children of streams. They are stored apart from the streams, since few streams have any. */
export interface Links {
  add: (parent: Stream, child: Stream, hierarchical: boolean) => void
  get: (parent: Stream, child: Stream) => Link | undefined
  childrenOf: (parent: Stream) => Link[]
  count: (parent: Stream) => number
  remove: (parent: Stream, child: Stream) => void
  /** Removes the links in which the stream is parent or child. */
  removeAllOf: (stream: Stream) => void
  state: Record<string, StatePart>
  reset: () => void
}

export function createLinks (): Links {
  const children = new StateMap<Stream, Map<Stream, Link>>()
  const parents = new StateMap<Stream, Set<Stream>>()

  const links: Links = {
    add (parent, child, hierarchical) {
      entry(children, parent, () => new Map<Stream, Link>()).set(child, { child, hierarchical })
      entry(parents, child, () => new Set<Stream>()).add(parent)
    },

    get: (parent, child) => children.get(parent)?.get(child),

    childrenOf: (parent) => [...children.get(parent)?.values() ?? []],

    count: (parent) => children.get(parent)?.size ?? 0,

    remove (parent, child) {
      children.get(parent)?.delete(child)
      parents.get(child)?.delete(parent)
    },

    removeAllOf (stream) {
      for (const { child } of links.childrenOf(stream)) links.remove(stream, child)
      for (const parent of [...parents.get(stream) ?? []]) links.remove(parent, stream)
      children.delete(stream)
      parents.delete(stream)
    },

    state: { children, parents },

    reset () {
      children.clear()
      parents.clear()
    }
  }
  return links
}

function entry<K, V> (map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const value = create()
  map.set(key, value)
  return value
}
