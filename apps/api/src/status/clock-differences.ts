/** BullMQ delays jobs by the clocks of the machines and of Redis. */
const maxDifferenceMs = 5_000

export function isClockWrong (aheadMs: number): boolean {
  return Math.abs(aheadMs) > maxDifferenceMs
}

/** `61 s ahead of`, `9 s behind` */
export function describeAhead (aheadMs: number): string {
  return `${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'}`
}
