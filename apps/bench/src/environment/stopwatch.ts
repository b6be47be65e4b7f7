import type { Child } from './spawn.ts'

export interface Span {
  ms: number
  /** By process, in the order of `children`: CPU time, the busy share of the event loop, and peak memory. */
  used: Array<{ cpuMs: number, busy: number, peakRssBytes: number }>
}

/** Starts to measure the time and the resources that `children` use. The returned function stops. */
export async function startWatch (children: Child[]): Promise<() => Promise<Span>> {
  const before = await Promise.all(children.map((child) => child.usage()))
  const startedAt = performance.now()
  return async () => {
    const ms = performance.now() - startedAt
    const after = await Promise.all(children.map((child) => child.usage()))
    return {
      ms,
      used: after.map((usage, index) => {
        const { cpuMs = 0, activeMs = 0, upMs = 0 } = before[index] ?? {}
        return {
          cpuMs: usage.cpuMs - cpuMs,
          busy: (usage.activeMs - activeMs) / Math.max(1, usage.upMs - upMs),
          peakRssBytes: usage.peakRssBytes
        }
      })
    }
  }
}

/** Milliseconds since the epoch, with fractions. Processes on one machine agree on them. */
export function nowMs (): number {
  return performance.timeOrigin + performance.now()
}
