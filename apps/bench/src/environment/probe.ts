import { writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** The resources that a process has used since its start. */
export interface Usage {
  cpuMs: number
  /** The peak memory. */
  peakRssBytes: number
  /** Milliseconds in which the event loop was busy, and milliseconds since the start. */
  activeMs: number
  upMs: number
}

/**
 * Loaded before an app, this module reports the usage to the parent process. Reading it from outside works only on Linux, and
 * the CPU times of the process table have a resolution of 10 ms.
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

/** Only Linux supports this (proc(5)). */
function resetPeak (): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5')
}
