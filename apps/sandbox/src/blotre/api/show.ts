import type { Stream, User } from '../store/objects.ts'

/** The JSON of a stream. */
export function showStream ({ id, name, uri, created, updated, status, owner, tags }: Stream): object {
  return { id, name, uri, created, updated, status, owner: owner.id, tags: showTags(tags) }
}

export function showTags (tags: readonly string[]): Array<{ tag: string }> {
  return tags.map((tag) => ({ tag }))
}

export function showUser ({ id, account, root }: User): { id: string, userName: string, rootStream: string } {
  return { id, userName: account, rootStream: root.id }
}
