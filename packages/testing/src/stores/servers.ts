import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findRedisServer, openEmbeddedPostgres, openRedisServer } from '@carillon/local'
import { migrateDatabase } from '@carillon/shared/db'
import { migrateQueue } from '@carillon/shared/queue'
import postgres from 'postgres'
import { makeDataFolder, sweepDataFolders } from './data-folder.ts'
import { redisMissing } from './redis-missing.ts'

export interface Servers {
  /** The URL of a superuser, in a database other than the template. */
  databaseUrl: string
  /** A migrated database to clone. It must have no connections. */
  template: string
  /** Undefined without a Redis. `redisMissing` contains the reason. */
  redisUrl: string | undefined
  close (): Promise<void>
}

export interface ServersOptions {
  /** A PostgreSQL to use instead of an embedded one. */
  databaseUrl?: string | undefined
  /** A folder in which npm has installed the binaries of another version. */
  postgresFrom?: string | undefined
  redisUrl?: string | undefined
  requireRedis: boolean
}

/** Starts the servers for tests: one PostgreSQL with a migrated template database, and one Redis where it is installed. */
export async function openServers ({ databaseUrl, postgresFrom, redisUrl, requireRedis }: ServersOptions): Promise<Servers> {
  if (requireRedis && !redisUrl && !await findRedisServer()) throw new Error(`CARILLON_REQUIRE_REDIS is set, but there is ${redisMissing}`)
  await sweepDataFolders()
  const folder = await makeDataFolder()
  const closers = [() => rm(folder, { recursive: true, force: true })]
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const embedded = databaseUrl
      ? undefined
      : await openEmbeddedPostgres({ dataDir: join(folder, 'postgres'), durable: false, binariesFrom: postgresFrom || undefined })
    if (embedded) closers.push(() => embedded.close())
    const url = databaseUrl ?? embedded?.url ?? ''
    const template = await makeTemplate(url)
    if (databaseUrl) closers.push(() => dropDatabase(url, template))
    const redis = redisUrl || !await findRedisServer() ? undefined : await openRedisServer()
    if (redis) closers.push(() => redis.close())
    return { databaseUrl: url, template, redisUrl: redisUrl ?? redis?.url, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function makeTemplate (databaseUrl: string): Promise<string> {
  const template = `carillon_template_${process.pid}`
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  await sql`drop database if exists ${sql(template)} with (force)`
  await sql`create database ${sql(template)} template template0`
  await sql.end()
  const url = new URL(databaseUrl)
  url.pathname = `/${template}`
  await migrateDatabase({ url: url.href })
  await migrateQueue({ url: url.href })
  return template
}

async function dropDatabase (databaseUrl: string, name: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  await sql`drop database if exists ${sql(name)} with (force)`
  await sql.end()
}
