import { InvalidArgumentError } from 'commander'

const day = 24 * 60 * 60
const secondsOf: Record<string, number> = { m: 60, h: 60 * 60, d: day, w: 7 * day, y: 365 * day }
const maxSeconds = 10 * 366 * day

/** A parser of a time such as `90d`, in seconds. */
export function lifetime (minSeconds: number, longestSeconds = maxSeconds): (text: string) => number {
  return (text) => {
    const [, number, unit = ''] = /^(\d{1,9})([mhdwy])$/.exec(text) ?? []
    const seconds = Number(number) * (secondsOf[unit] ?? NaN)
    if (seconds >= minSeconds && seconds <= longestSeconds) return seconds
    throw new InvalidArgumentError(`Expected a time from ${shortest(minSeconds)} to ${shortest(longestSeconds)}, such as 12h, 90d or 1y.`)
  }
}

function shortest (seconds: number): string {
  const [unit, size] = Object.entries(secondsOf).findLast(([, size]) => seconds >= size) ?? ['m', 60]
  return `${Math.floor(seconds / size)}${unit}`
}
