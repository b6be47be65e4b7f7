import { execa } from 'execa'
import { access, chown, mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostgresHome } from './postgres-home.ts'
import { serverEnvironment } from './server-process.ts'

export interface NewCluster extends PostgresHome {
  password: string
  durable: boolean
  onLog (line: string): void
}

export async function isCluster (path: string): Promise<boolean> {
  return access(join(path, 'PG_VERSION')).then(() => true, () => false)
}

/**
 * Creates a cluster with the superuser and the database `carillon`. Creates it in a temporary folder and moves it when
 * complete, so an interrupted start leaves no incomplete cluster.
 */
export async function initCluster ({ cluster, account, binaries, password, durable, onLog }: NewCluster): Promise<void> {
  const workshop = `${cluster}.new`
  const draft = join(workshop, 'cluster')
  const passwordFile = join(workshop, 'password')
  const run = async (command: string, args: string[], input?: string) => {
    const { all, exitCode } = await execa(command, args, {
      ...account,
      cwd: workshop,
      env: serverEnvironment,
      extendEnv: false,
      reject: false,
      all: true,
      // With its own session, Ctrl-C does not interrupt it, which would leave an incomplete cluster and a misleading error.
      detached: true,
      ...(input === undefined ? { stdin: 'ignore' } : { input })
    })
    all.split('\n').forEach((line) => onLog(line))
    if (exitCode !== 0) throw new Error(`the embedded PostgreSQL could not be initialised: ${complaint(all)}`)
  }
  await rm(workshop, { recursive: true, force: true })
  await mkdir(workshop, { mode: 0o700 })
  await writeFile(passwordFile, password + '\n', { mode: 0o600 })
  if (account) await Promise.all([workshop, passwordFile].map((path) => chown(path, account.uid, account.gid)))
  try {
    await run(binaries.initdb, [
      `--pgdata=${draft}`, '--username=carillon', `--pwfile=${passwordFile}`, '--auth=scram-sha-256',
      '--encoding=UTF8', '--locale=C', ...localeArgs(binaries.version),
      ...(durable ? [] : ['--no-sync'])
    ])
    await run(binaries.postgres, ['--single', '-D', draft, 'postgres'], 'create database carillon\n')
    await rmdir(cluster).catch(() => {})
    await rename(draft, cluster)
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

/**
 * Selects PostgreSQL's built-in UTF-8 locale: the machine's locales may be missing, or change with an upgrade. Versions before
 * 17 lack it.
 */
function localeArgs (version: string): string[] {
  return Number.parseInt(version) < 17 ? [] : ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']
}

/** The line with the error, of the many that initdb prints. */
function complaint (text: string): string {
  const lines = text.split('\n').map((line) => line.trim()).filter(Boolean)
  return lines.find((line) => /\b(error|FATAL|PANIC)\b:?/.test(line)) ?? lines.at(-1) ?? 'no reason given'
}
