import type { User } from './users.ts'

export interface Status {
  readonly color: string
  /** Milliseconds since the epoch, as all times here. */
  readonly created: number
  readonly poster: string
}

export interface Stream {
  readonly id: string
  readonly name: string
  readonly uri: string
  readonly owner: User
  readonly created: number
  updated: number
  /** Counts up over all streams with every update, since many happen within a millisecond. */
  change: number
  status: Status
  tags: readonly string[]
}

/** What a stream looks like to clients. */
export function showStream ({ id, name, uri, created, updated, status, owner, tags }: Stream): object {
  return { id, name, uri, created, updated, status, owner: owner.id, tags: showTags(tags) }
}

export function showTags (tags: readonly string[]): Array<{ tag: string }> {
  return tags.map((tag) => ({ tag }))
}
