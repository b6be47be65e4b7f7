import { duration, exceptions, number } from './format.ts'
import { total, underway } from '../api/notification.ts'
import type { Counts, Progress, ProviderProgress } from '../api/notification.ts'
import { table } from './table.ts'

/** One line per provider, with a bar that fills the rest of `columns`. */
export function progressBars ({ progress }: Progress, columns: number, paint: (bar: string) => string = (bar) => bar): string[] {
  const rows = withCounts(progress).map((one) => ({ share: shareOf(one.counts), name: one.provider, rest: restOf(one) }))
  const rests = table(rows.map(({ share, rest }) => [`${Math.floor(share * 100)}%`, ...rest]), [0, 1, 2, 3])
  const longest = Math.max(0, ...rests.map((rest) => rest.length))
  const name = Math.max(0, ...rows.map(({ name }) => name.length))
  const width = Math.min(40, Math.max(10, columns - longest - name - 5))
  return rows.map(({ share, name: provider }, index) => `${provider.padEnd(name)}  ${paint(bar(share, width))}  ${rests[index]}`)
}

/** The same on one line, for output that is no terminal. */
export function progressLine ({ status, progress, deliveries }: Progress): string {
  const parts = withCounts(progress).map((one) => [one.provider, ...restOf(one)].filter((cell) => cell !== '').join(' '))
  if (parts.length === 0) return deliveries === 0 ? status : `${status}: ${number(deliveries)} deliveries`
  return `${status}: ${parts.join('; ')}`
}

/** Providers whose deliveries are already counted. */
function withCounts (progress: ProviderProgress[]): ProviderProgress[] {
  return progress.filter(({ counts }) => total(counts) > 0)
}

function restOf ({ counts, perSecond, secondsLeft }: ProviderProgress): string[] {
  return [
    `${number(ended(counts))} of ${number(total(counts))}`,
    underway(counts) === 0 ? '' : `${number(perSecond < 10 ? perSecond : Math.round(perSecond))}/s`,
    underway(counts) === 0 || secondsLeft === null ? '' : `${duration(secondsLeft)} left`,
    exceptions(counts)
  ]
}

function ended (counts: Counts): number {
  return total(counts) - underway(counts) - counts.parked
}

function shareOf (counts: Counts): number {
  const all = total(counts)
  return all === 0 ? 0 : ended(counts) / all
}

function bar (share: number, width: number): string {
  const full = Math.floor(share * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}
