import type { Stream } from './objects.ts'

/** What a stream looks like to clients. */
export function showStream ({ id, name, uri, created, updated, status, owner, tags }: Stream): object {
  return { id, name, uri, created, updated, status, owner: owner.id, tags: showTags(tags) }
}

export function showTags (tags: readonly string[]): Array<{ tag: string }> {
  return tags.map((tag) => ({ tag }))
}
