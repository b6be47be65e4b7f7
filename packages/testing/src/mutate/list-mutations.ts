import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { breakLine } from './operators.ts'
import type { Mutation, Target } from './target.ts'

export interface Listing {
  mutations: Mutation[]
  /** Entries that no longer match the sources. */
  stale: string[]
}

/** All mutations of the current versions of these files. */
export async function listMutations (root: string, targets: Target[]): Promise<Listing> {
  const mutations: Mutation[] = []
  const stale: string[] = []
  for (const target of targets) {
    const { file, tests, changes = [], generate = false, equivalents = {} } = target
    const source = await readFile(join(root, file), 'utf8').catch(() => undefined)
    if (source === undefined) {
      stale.push(`${file} does not exist`)
      continue
    }
    for (const test of tests) {
      if (await readFile(join(root, test)).catch(() => undefined) === undefined) stale.push(`${file}: the test ${test} does not exist`)
    }
    const found: Array<{ name: string, text: string }> = []
    for (const { find, replace } of changes) {
      const count = source.split(find).length - 1
      if (count !== 1) stale.push(`${file}: "${find}" occurs ${count} times`)
      else found.push({ name: `"${oneLine(find)}" → "${oneLine(replace)}"`, text: source.replace(find, () => replace) })
    }
    if (generate) found.push(...generateAll(source))
    const names = new Map<string, number>()
    const seen = new Set<string>()
    for (const { name, text } of found) {
      if (seen.has(text)) continue
      seen.add(text)
      const count = (names.get(name) ?? 0) + 1
      names.set(name, count)
      const unique = count === 1 ? name : `${name} (${count})`
      mutations.push({ file, name: unique, text, tests, equivalent: equivalents[unique] })
    }
    const known = new Set(mutations.filter((mutation) => mutation.file === file).map(({ name }) => name))
    stale.push(...Object.keys(equivalents).filter((name) => !known.has(name)).map((name) => `${file}: no mutation is ${name}`))
  }
  return { mutations, stale }
}

function generateAll (source: string): Array<{ name: string, text: string }> {
  const lines = source.split('\n')
  return lines.flatMap((line, index) =>
    breakLine(line).map((broken) => ({ name: broken.name, text: lines.with(index, broken.line).join('\n') })))
}

function oneLine (text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ')
}
