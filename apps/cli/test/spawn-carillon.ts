import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataFolder, spawnApp } from '@carillon/testing'
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
  const dataDir = env['CARILLON_DATA_DIR'] ?? await dataFolder(t)
  const carillon = spawnApp(t, 'cli', {
    args: ['up', '--verbose'],
    env: { CARILLON_DATA_DIR: dataDir, PORT: '0', SANDBOX_PORT: '0', SITE_NAME: 'Journey & Sons', RECONCILE_SECONDS: '1', ...env }
  })
  await carillon.ready
  const upFile = join(dataDir, 'up.json')
  return { carillon, upFile, addresses: JSON.parse(await readFile(upFile, 'utf8')) }
}
