import { execa } from 'execa'
import { cp, lstat, mkdir, mkdtemp, readdir, readlink, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface Copy {
  root: string
  write: (file: string, text: string) => Promise<void>
  close: () => Promise<void>
}

/** A copy of the repository's files with the same dependencies, whose files may be mutated. */
export async function openCopy (root: string): Promise<Copy> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `carillon-mutate-${process.pid}-`)))
  const { stdout } = await execa('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  for (const file of stdout.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(root, file), join(folder, file), { verbatimSymlinks: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error // removed, but not committed yet
    })
  }
  for (const path of await listModuleFolders(root)) await linkModules(join(root, path), join(folder, path))
  return {
    root: folder,
    write: (file, text) => writeFile(join(folder, file), text),
    close: () => rm(folder, { recursive: true, force: true })
  }
}

/** The root's `node_modules` and those of its workspaces. */
async function listModuleFolders (root: string): Promise<string[]> {
  const workspaces = await Promise.all(['apps', 'packages'].map(async (parent) =>
    (await readdir(join(root, parent))).map((name) => join(parent, name, 'node_modules'))))
  const exist = await Promise.all(workspaces.flat().map((path) => lstat(join(root, path)).then(() => [path], () => [])))
  return ['node_modules', ...exist.flat()]
}

/** Links to every entry. Relative links to workspaces then point to the copy's workspaces. */
async function linkModules (from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
    else if (entry.name === '@carillon') await linkModules(source, target)
    else await symlink(source, target)
  }
}
