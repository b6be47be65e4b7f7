import { execa } from 'execa'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Lock {
  /** May be called twice. A lock that this process has taken again in the meantime stays. */
  release (): Promise<void>
}

/** A running process holds the lock. `pid` is its id. */
export class LockedError extends Error {
  readonly pid: number

  constructor (path: string, pid: number) {
    super(`${path} is held by process ${pid}, which is still running`)
    this.name = 'LockedError'
    this.pid = pid
  }
}

/**
 * Takes the lock file `path` for this process, or throws LockedError. Takes over the lock of a process that has ended, even by
 * a power failure. The file contains the process id and its start time, because ids are reused.
 */
export async function takeLock (path: string): Promise<Lock> {
  const mine = JSON.stringify({ pid: process.pid, began: await beganAt(process.pid) })
  while (!await createdAlone(path, mine)) {
    const holder = await readHolder(path) ?? await afterAMoment(() => readHolder(path))
    if (holder && await isLive(holder)) throw new LockedError(path, holder.pid)
    await rm(path, { force: true })
  }
  let released: Promise<void> | undefined
  return {
    release () {
      released ??= removeOwn(path, mine)
      return released
    }
  }
}

async function removeOwn (path: string, mine: string): Promise<void> {
  if (await readFile(path, 'utf8').catch(() => '') === mine) await rm(path, { force: true })
}

/** Whether the process with this id and start time is running. */
async function isLive ({ pid, began }: { pid: number, began?: string }): Promise<boolean> {
  if (!isRunning(pid)) return false
  return began === undefined || began === '' || await beganAt(pid) === began
}

/** Whether any user's process with this id is running. */
export function isRunning (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function createdAlone (path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function readHolder (path: string): Promise<{ pid: number, began?: string } | undefined> {
  try {
    const { pid, began } = JSON.parse(await readFile(path, 'utf8'))
    return Number.isInteger(pid) ? { pid, ...(typeof began === 'string' ? { began } : {}) } : undefined
  } catch {
    return undefined
  }
}

/** A new file is empty for a moment, before its owner is written. */
async function afterAMoment<T> (read: () => Promise<T>): Promise<T> {
  await sleep(100)
  return read()
}

/** Field 22 of /proc/<pid>/stat (clock ticks since boot) with the boot's id, or the output of `ps`. Empty when unavailable. */
async function beganAt (pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
      readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    ])
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return ticks ? `${boot.trim()}:${ticks}` : ''
  }
  const { stdout } = await execa('ps', ['-o', 'lstart=', '-p', String(pid)], { reject: false })
  return typeof stdout === 'string' ? stdout.trim() : ''
}
