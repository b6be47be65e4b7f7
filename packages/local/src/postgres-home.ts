import { execa } from 'execa'
import { chmod, chown, cp, mkdir, mkdtemp, readlink, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canUse, isRoot, postgresAccount } from './account.ts'
import type { Account } from './account.ts'
import { embeddedBinaries, isComplete } from './postgres-binaries.ts'
import type { Binaries } from './postgres-binaries.ts'

/** Holds root's files that the user postgres must read: that user has no access to root's home folder (mode 0700). */
const publicFolder = '/var/lib/carillon'

export interface PostgresHome {
  /** PGDATA, whether initialized or not. */
  cluster: string
  /** The owner of the cluster and of the server process, if it is another user. */
  account: Account | undefined
  binaries: Binaries
}

/**
 * Decides where a cluster is stored and which user runs it. For an ordinary user, it is in the data folder. For root, the user
 * postgres runs it. Data or binaries that this user cannot access are stored under /var/lib/carillon, and the data folder
 * contains a link to the data.
 */
export async function findPostgresHome (dataDir: string, binariesFrom?: string): Promise<PostgresHome> {
  const binaries = await embeddedBinaries(binariesFrom)
  const cluster = join(dataDir, 'cluster')
  if (!isRoot()) return { cluster, account: undefined, binaries }
  const account = await ownerOf(cluster) ?? await postgresAccount()
  return {
    cluster: await reachableCluster(account, dataDir, cluster),
    account,
    binaries: await canUse(account, 'x', binaries.postgres) ? binaries : await publicCopy(binaries)
  }
}

/** A cluster that an ordinary user created keeps its owner when root starts it. */
async function ownerOf (cluster: string): Promise<Account | undefined> {
  const found = await stat(cluster).catch(() => undefined)
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined
}

async function reachableCluster (account: Account, dataDir: string, cluster: string): Promise<string> {
  const elsewhere = await readlink(cluster).catch(() => undefined)
  if (elsewhere !== undefined && await isFolder(elsewhere)) return elsewhere
  // A dangling link: the data folder outlived /var/lib, like a mounted folder outlives its container.
  if (elsewhere !== undefined) await rm(cluster)
  await mkdir(cluster, { recursive: true, mode: 0o700 })
  await chown(cluster, account.uid, account.gid)
  return await canUse(account, 'w', cluster) ? cluster : moveOut(dataDir, cluster)
}

function isFolder (path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false)
}

/** Always uses a new folder, because an existing one may belong to a data folder that was moved. */
async function moveOut (dataDir: string, cluster: string): Promise<string> {
  await mkdir(publicFolder, { recursive: true, mode: 0o755 })
  const origin = await realpath(dataDir)
  const folder = await mkdtemp(join(publicFolder, 'data-'))
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'README'), `The PostgreSQL data of ${origin}, kept here because the user postgres cannot reach it there.\n`)
  const target = join(folder, 'cluster')
  await execa('mv', [cluster, target])
  await symlink(target, cluster)
  return target
}

async function publicCopy (binaries: Binaries): Promise<Binaries> {
  const root = join(publicFolder, `postgresql-${binaries.version}`)
  const copied = { version: binaries.version, root, postgres: join(root, 'bin/postgres'), initdb: join(root, 'bin/initdb') }
  if (await isComplete(copied)) return copied
  await mkdir(publicFolder, { recursive: true, mode: 0o755 })
  const draft = await mkdtemp(`${root}.`)
  await chmod(draft, 0o755)
  await cp(binaries.root, draft, { recursive: true, verbatimSymlinks: true })
  await rename(draft, root).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true })
    if (!await isComplete(copied)) throw error
  })
  return copied
}
