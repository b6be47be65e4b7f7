import { randomBytes } from 'node:crypto'
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, isPortFree } from './free-port.ts'
import { LockedError, takeLock } from './lock.ts'
import { initCluster, isCluster } from './postgres-cluster.ts'
import { findPostgresHome } from './postgres-home.ts'
import { startPostgres } from './postgres-server.ts'
import type { Exit } from './server-process.ts'
import { stopLeftover } from './stop-leftover.ts'

export interface EmbeddedPostgresOptions {
  /** Created when missing. Contains the cluster (or a link to it), the password and the port. */
  dataDir: string
  /** Defaults to a free port, which later starts reuse. */
  port?: number | undefined
  /** A folder in which npm has installed the binaries of another version. Defaults to the bundled version. */
  binariesFrom?: string | undefined
  /** False disables crash safety, which is faster, for tests. */
  durable?: boolean | undefined
  /** Receives every output line of initdb and postgres. */
  onLog?: ((line: string) => void) | undefined
}

export interface EmbeddedPostgres {
  /** The URL of the database `carillon`, with its superuser's name and password. */
  url: string
  port: number
  /** Resolves when the server has ended for any reason and the data can be opened again. */
  exited: Promise<Exit>
  /** Stops the server, after which the data can be opened again. May be called twice. */
  close (): Promise<void>
  /** Kills the server. The next start recovers the data. */
  kill (): void
}

/**
 * Starts a PostgreSQL for this process only, on 127.0.0.1, with UTF-8 and a generated password. Throws an Error with one line
 * that states what to do. Data survives a crash of this process or of the server: the next start removes what the crash left
 * behind.
 */
export async function openEmbeddedPostgres (
  { dataDir, port: wanted, binariesFrom, durable = true, onLog = () => {} }: EmbeddedPostgresOptions
): Promise<EmbeddedPostgres> {
  const folder = await prepareFolder(dataDir)
  const lock = await takeLock(join(folder, 'lock')).catch((error: unknown) => {
    throw error instanceof LockedError ? new Error(`the PostgreSQL in ${folder} is already used by process ${error.pid}`) : error
  })
  try {
    const home = await findPostgresHome(folder, binariesFrom)
    const password = await keep(join(folder, 'password'), () => randomBytes(24).toString('base64url'))
    await stopLeftover(home.cluster)
    if (wanted !== undefined && !await isPortFree(wanted)) throw new Error(`port ${wanted} on 127.0.0.1 is in use`)
    if (!await isCluster(home.cluster)) await initCluster({ ...home, password, durable, onLog })
    // The port is chosen last, because it is not reserved while a cluster is created.
    const port = wanted ?? await rememberedPort(join(folder, 'port'))
    const server = await startPostgres({ ...home, port, durable, onLog })
    // Releases the lock first, because a caller may open the data as soon as `exited` resolves.
    const exited = server.exited.then(async (exit) => {
      await lock.release()
      return exit
    })
    return {
      url: `postgresql://carillon:${password}@127.0.0.1:${port}/carillon`,
      port,
      exited,
      async close () {
        await server.close()
        await exited
      },
      kill: () => server.kill()
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function prepareFolder (dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true })
    const folder = await realpath(dataDir)
    const probe = join(folder, `.probe-${process.pid}`)
    await writeFile(probe, '')
    await rm(probe)
    return folder
  } catch (error) {
    throw new Error(`the data directory ${dataDir} cannot be written (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** Reads the file, or creates it with the result of `make`, readable only by this user. */
async function keep (path: string, make: () => string): Promise<string> {
  const known = await readFile(path, 'utf8').catch(() => '')
  if (known) return known.trim()
  const made = make()
  await writeFile(path, made + '\n', { mode: 0o600 })
  return made
}

async function rememberedPort (path: string): Promise<number> {
  const last = Number(await readFile(path, 'utf8').catch(() => '0'))
  const port = await freePort(last)
  if (port !== last) await writeFile(path, `${port}\n`)
  return port
}
