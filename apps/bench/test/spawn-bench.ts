import { fileURLToPath } from 'node:url'
import { spawnNode } from '@carillon/testing'
import type { NodeOptions, NodeProcess } from '@carillon/testing'
import type { Test } from 'tap'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Runs the benchmark as a process. It and the apps that it starts run from the bundles of `npm test` if there are any. */
export function spawnBench (t: Test, args: readonly string[], options: Pick<NodeOptions, 'detached'> = {}): NodeProcess {
  const bundles = process.env['TEST_BUNDLES']
  return spawnNode(t, main, { args: [...args], ...bundles !== undefined && { env: { BENCH_BUNDLES: bundles } }, ...options })
}
