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
  /** Made when missing. Holds the cluster (or a link to it), the password and the port. */
  dataDir: string
  /** By default a free one, kept for the next time. */
  port?: number | undefined
  /** A folder in which npm has installed another version's binaries; by default those that came with us. */
  binariesFrom?: string | undefined
  /** False trades crash safety for speed: for tests. */
  durable?: boolean | undefined
  /** Hears every line that initdb and postgres say. */
  onLog?: ((line: string) => void) | undefined
}

export interface EmbeddedPostgres {
  /** Of the database `carillon`, with its superuser's name and password. */
  url: string
  port: number
  /** Settles when the server has ended, asked or not, and the data can be opened again. */
  exited: Promise<Exit>
  /** Stops the server, after which the data can be opened again. May be called twice. */
  close (): Promise<void>
  /** Ends it at once; the next start recovers what it was doing. */
  kill (): void
}

/**
 * Starts a PostgreSQL for this process alone, on 127.0.0.1, with UTF-8 and a generated password. Throws an Error of one line
 * that says what to do. Data survives a crash of this process or of the server: what either left behind is cleared away.
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
    // Last, as nobody keeps it for us while a cluster is made.
    const port = wanted ?? await rememberedPort(join(folder, 'port'))
    const server = await startPostgres({ ...home, port, durable, onLog })
    // Whoever hears of the end may open the data again at once.
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

/** What the file says, or what `make` makes, kept for the next time and for nobody else's eyes. */
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
