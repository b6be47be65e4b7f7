import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { spawnNode } from './spawn-node.ts'
import type { NodeProcess, NodeOptions } from './spawn-node.ts'

export type AppName = 'api' | 'worker' | 'sandbox' | 'cli'

/** Runs an app as a process, like spawnNode. The command line does not read the developer's .env. */
export function spawnApp (t: Test, name: AppName, options: NodeOptions = {}): NodeProcess {
  return spawnNode(t, fileURLToPath(new URL(`../../../apps/${name}/src/main.ts`, import.meta.url)), { ...options, env: { CARILLON_ENV_FILE: '', ...options.env } })
}
