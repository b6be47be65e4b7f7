import { readdir } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'

/** All test files of the repository, as paths relative to its root. */
export async function listTestFiles (root: string): Promise<string[]> {
  const folders = await Promise.all(['apps', 'packages'].map(async (parent) =>
    (await readdir(join(root, parent))).map((name) => join(parent, name, 'test'))))
  const files = await Promise.all(folders.flat().map(async (folder) => {
    const paths = await readdir(join(root, folder), { recursive: true }).catch(() => [])
    return paths.filter((path) => path.endsWith('.test.ts')).map((path) => join(folder, path).split(sep).join('/'))
  }))
  return files.flat().sort()
}

/**
 * The files whose path contains one of the words, or all without a word. A path may be relative to the root or to `cwd`, with
 * or without `./`. Throws an Error that names each word without a match.
 */
export function selectFiles (files: string[], words: string[], { root, cwd }: { root: string, cwd: string }): string[] {
  if (words.length === 0) return files
  const matches = words.map((word) => {
    const fromRoot = [resolve(root, word), resolve(cwd, word)].map((path) => relative(root, path).split(sep).join('/'))
    return files.filter((file) => file.includes(word) || fromRoot.some((path) => path !== '' && file.startsWith(path)))
  })
  const lost = words.filter((_, index) => matches[index]?.length === 0)
  if (lost.length > 0) {
    throw new Error(lost.map((word) => `No test file's path contains "${word}".`).join('\n') +
      ' Test files end in .test.ts and are in {apps,packages}/*/test.')
  }
  const chosen = new Set(matches.flat())
  return files.filter((file) => chosen.has(file))
}
