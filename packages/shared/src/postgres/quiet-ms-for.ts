import type { DatabaseAddress } from './database-address.ts'

/** An idle connection is closed earlier. */
const leastMs = 10_000
/** The server's statement timeout fires first, so only a lost connection reaches this one. */
const graceMs = 4_000
const units: Record<string, number> = { us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** How long a server may send nothing while a statement runs. `statement_timeout` in the URL overrides `statementTimeoutMs`. */
export function quietMsFor ({ settings }: DatabaseAddress, statementTimeoutMs: number): number {
  const [, number, unit = 'ms'] = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*$/.exec(settings['statement_timeout'] ?? '') ?? []
  const limitMs = number === undefined ? statementTimeoutMs : Number(number) * (units[unit] ?? 1)
  return limitMs === 0 ? Infinity : Math.max(limitMs, leastMs) + graceMs
}
