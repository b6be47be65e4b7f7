import type { InputError } from '../problems/problem.ts'

/** The first place of what PostgreSQL does not take, and nothing honest holds: U+0000, or half of a surrogate pair. */
export function findUnstorable (root: unknown): InputError[] | undefined {
  const pending: Node[] = [{ value: root }]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const { value } = node
    if (typeof value === 'string' && !isStorable(value)) return [{ path: pathOf(node), message: notStored }]
    if (typeof value !== 'object' || value === null) continue
    for (const [name, member] of Object.entries(value)) {
      if (!isStorable(name)) return [{ path: pathOf(node), message: `has a field whose name ${notStored}` }]
      if (typeof member === 'string' ? !isStorable(member) : typeof member === 'object') pending.push({ value: member, name, parent: node })
    }
  }
}

interface Node {
  value: unknown
  name?: string
  parent?: Node
}

const notStored = 'holds U+0000 or half of a surrogate pair'

function isStorable (text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
}

function pathOf ({ name, parent }: Node): string {
  if (parent === undefined) return ''
  const before = pathOf(parent)
  return before === '' ? name ?? '' : `${before}.${name}`
}
