import { execa } from 'execa'
import { readFile, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning } from './lock.ts'

const patienceMs = 15_000
const stepMs = 50

/**
 * Stops the PostgreSQL that a killed process left running on this cluster. The caller holds the lock of the data folder, so no
 * other process uses it. Keeps the pid file of a stopped server, because PostgreSQL uses it to find orphaned shared memory.
 * Removes the file only if another program has the process id now, which PostgreSQL cannot detect.
 */
export async function stopLeftover (cluster: string): Promise<void> {
  const note = join(cluster, 'postmaster.pid')
  const pid = Number((await readFile(note, 'utf8').catch(() => '')).split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 0 || !isRunning(pid)) return
  if (!await isServerOf(pid, cluster)) return rm(note, { force: true })
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    process.kill(pid, signal)
    if (await gone(pid, cluster)) return
  }
  throw new Error(`a PostgreSQL from an earlier run (process ${pid}) does not stop: end it, and start again`)
}

async function isServerOf (pid: number, cluster: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(async () => {
    const { stdout } = await execa('ps', ['-o', 'command=', '-p', String(pid)], { reject: false })
    return typeof stdout === 'string' ? stdout : ''
  })
  return command.includes('postgres') && [cluster, await realpath(cluster)].some((path) => command.includes(path))
}

/** A zombie process, as in a container without an init process, has no command line. */
async function gone (pid: number, cluster: string): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += stepMs) {
    if (!isRunning(pid) || !await isServerOf(pid, cluster)) return true
    await sleep(stepMs)
  }
  return false
}
