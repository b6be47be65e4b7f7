import { writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** What a process has used since it began. */
export interface Usage {
  cpuMs: number
  /** The most memory it ever held. */
  peakRssBytes: number
  /** Milliseconds in which its event loop had something to do, and since when it runs. */
  activeMs: number
  upMs: number
}

/**
 * Loaded before an app: answers its parent's question for what it has used. Asking from outside would be Linux's alone, and
 * the clock of the processes table ticks a hundred times a second only.
 */
process.on('message', (message: unknown) => {
  if (message === 'resetPeak') resetPeak()
  if (message !== 'usage') return
  const { user, system } = process.cpuUsage()
  const { active, idle } = performance.eventLoopUtilization()
  const usage: Usage = {
    cpuMs: (user + system) / 1000,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    activeMs: active,
    upMs: active + idle
  }
  process.send?.({ usage })
})

/** Linux alone can do that (proc(5)). */
function resetPeak (): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5')
}
