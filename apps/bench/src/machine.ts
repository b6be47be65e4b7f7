import { execFile } from 'node:child_process'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { promisify } from 'node:util'
import type { BenchContext } from './environment/bench-context.ts'

export interface Machine {
  cpu: string
  cores: number
  memoryGiB: number
  system: string
  node: string
  postgres: string
  redis: string | null
}

export function describeMachine ({ databases, redis }: BenchContext): Machine {
  const [first, ...others] = cpus()
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: 1 + others.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    postgres: databases.version,
    redis: redis?.version ?? null
  }
}

/** The commit and the machine, in one line. */
export function describeEnvironment (
  commit: string | null, { cpu, cores, memoryGiB, system, node, postgres, redis }: Machine
): string {
  return `commit ${commit ?? 'unknown'}; ${cpu}, ${cores} cores, ${memoryGiB} GiB; ${system}; Node ${node}, PostgreSQL ${postgres}, ` +
    (redis === null ? 'no Redis' : `Redis ${redis}`)
}

/** The measured commit, with `+` if files differ from it. Null outside of a clone. */
export async function describeCommit (): Promise<string | null> {
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', args, { cwd: import.meta.dirname })).stdout.trim()
  try {
    const commit = await git('rev-parse', '--short=12', 'HEAD')
    return await git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit}+`
  } catch {
    return null
  }
}
