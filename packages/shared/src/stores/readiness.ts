import { describeStoreFault } from './describe-store-fault.ts'

const timeoutMs = 2_000

export interface ReadinessOptions {
  checkDatabase: () => Promise<unknown>
  checkQueue: () => Promise<unknown>
  queueKind: 'redis' | 'postgres'
  onError: (error: unknown) => void
}

/**
 * Creates the check behind `/readyz`. It resolves to one sentence for each store that fails, or to an empty array. Concurrent
 * requests share one check, because `/readyz` needs no token and each check writes to both stores.
 */
export function createReadiness ({ checkDatabase, checkQueue, queueKind, onError }: ReadinessOptions): () => Promise<string[]> {
  const stores = [
    { variable: 'DATABASE_URL', check: checkDatabase },
    { variable: queueKind === 'redis' ? 'REDIS_URL' : 'DATABASE_URL', check: checkQueue }
  ] as const
  let running: Promise<string[]> | undefined
  return () => {
    running ??= check().finally(() => { running = undefined })
    return running
  }

  async function check (): Promise<string[]> {
    const faults = await Promise.all(stores.map(async ({ variable, check }) => {
      try {
        await withTimeout(check())
      } catch (error) {
        onError(error)
        return describeStoreFault(variable, error)
      }
    }))
    return [...new Set(faults.filter((fault) => fault !== undefined))]
  }
}

async function withTimeout (work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
