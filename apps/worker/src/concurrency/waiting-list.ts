export interface Entry<Item> {
  readonly item: Item
  previous: Entry<Item> | undefined
  next: Entry<Item> | undefined
  isListed: boolean
}

/** A first-in, first-out list. All its operations take the same time at any length, removal from the middle included. */
export interface WaitingList<Item> {
  readonly size: number
  push: (item: Item) => Entry<Item>
  shift: () => Item | undefined
  /** Returns false when the entry is not in the list any more. */
  remove: (entry: Entry<Item>) => boolean
}

export function createWaitingList<Item> (): WaitingList<Item> {
  let first: Entry<Item> | undefined
  let last: Entry<Item> | undefined
  let size = 0

  return {
    get size () { return size },
    push (item) {
      const entry: Entry<Item> = { item, previous: last, next: undefined, isListed: true }
      if (last === undefined) first = entry
      else last.next = entry
      last = entry
      size++
      return entry
    },
    shift () {
      if (first === undefined) return undefined
      const { item } = first
      remove(first)
      return item
    },
    remove
  }

  function remove (entry: Entry<Item>): boolean {
    if (!entry.isListed) return false
    const { previous, next } = entry
    if (previous === undefined) first = next
    else previous.next = next
    if (next === undefined) last = previous
    else next.previous = previous
    entry.isListed = false
    size--
    return true
  }
}
