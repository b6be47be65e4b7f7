import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnApp } from '@carillon/testing'
import type { Addresses, NodeProcess } from '@carillon/testing'
import type { Test } from 'tap'

export interface Carillon {
  carillon: NodeProcess
  /** The path of `up.json`, which contains the addresses. */
  upFile: string
  addresses: Addresses
}

/** `carillon up` with all its processes, on free ports, in a data directory of its own unless `env` names one. */
export async function spawnCarillon (t: Test, env: Record<string, string> = {}): Promise<Carillon> {
  const dataDir = env['CARILLON_DATA_DIR'] ?? await openDataDir(t)
  const carillon = spawnApp(t, 'cli', {
    args: ['up', '--verbose'],
    env: { CARILLON_DATA_DIR: dataDir, PORT: '0', SANDBOX_PORT: '0', SITE_NAME: 'Journey & Sons', RECONCILE_SECONDS: '1', ...env }
  })
  await carillon.ready
  const upFile = join(dataDir, 'up.json')
  return { carillon, upFile, addresses: JSON.parse(await readFile(upFile, 'utf8')) }
}

export async function openDataDir (t: Test): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'carillon-journey-'))
  await chmod(dataDir, 0o755) // or PostgreSQL's data would be moved to where its user can reach it, and stay there
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  return dataDir
}
