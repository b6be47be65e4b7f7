import { spawnApp, spawnLoop } from './spawn.ts'
import type { Child, SpawnOptions } from './spawn.ts'

/** All processes that measurements start. */
export interface Processes {
  startApp: (name: 'api' | 'worker', env: Record<string, string>) => Child
  startLoop: (name: string) => Child
  /** Stops the running processes. No process can be started afterwards. */
  close: () => Promise<void>
}

export function createProcesses ({ env, ...options }: SpawnOptions): Processes {
  const running = new Set<Child>()
  let isClosed = false

  function keep (start: () => Child): Child {
    if (isClosed) throw new Error('Nothing is started any more')
    const child = start()
    running.add(child)
    child.gone.finally(() => running.delete(child)).catch(() => {})
    return child
  }

  return {
    startApp: (name, own) => keep(() => spawnApp(name, { ...options, env: { ...env, ...own } })),
    startLoop: (name) => keep(() => spawnLoop(name, { ...options, env })),
    close: async () => {
      isClosed = true
      await Promise.all([...running].map((child) => child.stop()))
    }
  }
}
