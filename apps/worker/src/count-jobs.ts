import type { QueueBackend } from '@carillon/shared/queue'

export interface CountedJobs {
  backend: Pick<QueueBackend, 'openQueue' | 'openWorker'>
  countRunningJobs: () => number
}

/** A backend whose workers count the jobs that run in this process. */
export function countJobs (backend: Pick<QueueBackend, 'openQueue' | 'openWorker'>): CountedJobs {
  let running = 0

  function counted<Data> (process: (data: Data) => Promise<void>): (data: Data) => Promise<void> {
    return async (data) => {
      running++
      try {
        await process(data)
      } finally {
        running--
      }
    }
  }

  return {
    countRunningJobs: () => running,
    backend: {
      openQueue: backend.openQueue,
      openWorker: (name, process, options) => backend.openWorker(name, counted(process), options)
    }
  }
}
