import type { JobWorker } from './job-queue.ts'

interface BullWorker {
  pause: (doNotWaitActive: boolean) => Promise<void>
  waitUntilReady: () => Promise<void>
  close: (force: boolean) => Promise<void>
  on: ((event: 'error', listener: (error: Error) => void) => unknown) & ((event: 'failed', listener: (job: unknown, error: Error) => void) => unknown)
}

export function asJobWorker<Data> (
  open: (run: (job: { data: Data }) => Promise<void>) => BullWorker,
  process: (data: Data) => Promise<void>,
  { ping, onError }: { ping: () => Promise<unknown>, onError: (error: Error) => void }
): JobWorker {
  const running = new Set<Promise<void>>()
  const worker = open(async ({ data }) => {
    const job = process(data)
    running.add(job)
    await job.finally(() => running.delete(job))
  })
  worker.on('error', onError)
  worker.on('failed', (_job, error) => onError(error))
  return {
    close: async () => {
      await worker.pause(true)
      // BullMQ waits until the store has recorded the results of the jobs. With an unreachable store it would wait forever.
      const away = await ping().then(() => false, () => true)
      if (away) await Promise.allSettled(running)
      // A worker that is closed before it is ready would connect afterwards and never release that connection.
      else await worker.waitUntilReady()
      await worker.close(away)
    }
  }
}
