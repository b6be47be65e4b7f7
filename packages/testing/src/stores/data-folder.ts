import { access, chmod, constants, mkdtemp, readdir, realpath, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRunning } from '@carillon/local'
import type { Test } from 'tap'

/** Linux keeps its files in memory. A database is a thousand files: ext4 needs ten times as long to create one. */
const memory = '/dev/shm'
const leastFreeBytes = 4 * 2 ** 30

/**
 * Creates an empty folder for a PostgreSQL server of tests, in memory where there is room. Its path is the real one, and other
 * users may enter it, because root's PostgreSQL runs as the user postgres.
 */
export async function makeDataFolder (): Promise<string> {
  const parent = await hasRoom() ? memory : tmpdir()
  const folder = await realpath(await mkdtemp(join(parent, `carillon-test-${process.pid}-`)))
  await chmod(folder, 0o755)
  return folder
}

/** The same, for this test. */
export async function dataFolder (t: Test): Promise<string> {
  const folder = await makeDataFolder()
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Removes folders that killed test runs left behind. */
export async function sweepDataFolders (): Promise<void> {
  for (const parent of [memory, tmpdir()]) {
    for (const name of await readdir(parent).catch(() => [])) {
      const pid = /^carillon-test-(\d+)-/.exec(name)?.[1]
      if (pid && !isRunning(Number(pid))) await rm(join(parent, name), { recursive: true, force: true })
    }
  }
}

async function hasRoom (): Promise<boolean> {
  try {
    await access(memory, constants.W_OK)
    const { bavail, bsize } = await statfs(memory)
    return bavail * bsize >= leastFreeBytes
  } catch {
    return false
  }
}
