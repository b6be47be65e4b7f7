import { colorOf } from '../colors.ts'
import type { Colors } from '../colors.ts'
import { count, duration, number } from '../notifications/output/format.ts'
import { table } from '../notifications/output/table.ts'
import { ago, secondsBetween } from './ago.ts'
import type { Breaker, Provider } from './status-api.ts'

/** The state of providers at the time `at`, one on each line. */
export function providerTable (providers: Provider[], at: string, colors: Colors): string[] {
  return table([
    ['PROVIDER', 'STATE', 'DUE', 'LATER', 'BROADCAST', 'OLDEST DUE'],
    ...providers.map(({ provider, breakers, waiting: { due, later, broadcast, oldestDueAt } }) => [
      provider, paintedState(breakers, at, colors), number(due), number(later), number(broadcast), oldestDueAt === null ? '' : ago(oldestDueAt, at)
    ])
  ], [2, 3, 4])
}

function paintedState (breakers: Breaker[], at: string, colors: Colors): string {
  const state = stateOf(breakers, at)
  return colorOf(state, colors)(state)
}

/** The state of the provider's own host, and otherwise the number of other hosts that do not work. */
function stateOf ([own, ...others]: Breaker[], at: string): string {
  if (own?.misconfigured === true) return 'paused'
  if (own !== undefined && own.state !== 'closed') return 'failing'
  const { silentUntil = null } = own ?? {}
  if (silentUntil !== null && silentUntil > at) return `limited for ${duration(secondsBetween(at, silentUntil))}`
  return others.length === 0 ? 'works' : `works, ${count(others.length, 'host waits', 'hosts wait')}`
}
