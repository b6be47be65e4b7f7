import type { Log } from '@carillon/shared/log'

/** Runs batches beyond the end of their jobs, so that a slow host does not keep other jobs of the provider from starting. */
export interface BatchRunner {
  /** Resolves when the batch calls `onStarted`, or ends. Rejects when the batch fails before. */
  run: (start: (onStarted: () => void) => Promise<void>) => Promise<void>
  /** The batches whose jobs have ended. */
  countDetached: () => number
  /** Resolves when all batches have ended. */
  end: () => Promise<void>
}

export function createBatchRunner (log: Log): BatchRunner {
  const detached = new Set<Promise<void>>()

  return {
    async run (start) {
      let batch: Promise<void> | undefined
      await new Promise<void>((resolve, reject) => {
        batch = start(resolve)
        batch.then(resolve, reject)
      })
      if (batch !== undefined) detach(batch)
    },
    countDetached: () => detached.size,
    end: async () => { await Promise.all(detached) }
  }

  function detach (batch: Promise<void>): void {
    const ended = batch
      .catch((error: unknown) => log.warn({ err: error }, 'a batch failed; its deliveries wait for the end of their lease'))
      .finally(() => { detached.delete(ended) })
    detached.add(ended)
  }
}
