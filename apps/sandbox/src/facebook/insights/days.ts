const DAY_MS = 86_400_000

/** A day as the number of days since the epoch. */
export type Day = number

export function toDay (text: string): Day | undefined {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN
  // Date.parse turns a day that the month does not have into another day.
  return !Number.isNaN(ms) && fromDay(ms / DAY_MS) === text ? ms / DAY_MS : undefined
}

export function fromDay (day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** Monday is 0. */
export function weekdayOf (day: Day): number {
  return (day + 3) % 7
}

export function firstOfMonth (day: Day, monthsBefore = 0): Day {
  const date = new Date(day * DAY_MS)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - monthsBefore, 1) / DAY_MS
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** The current day in a time zone, and the elapsed share of it from 0 to 1. */
export function localTime (timeMs: number, timeZone: string): { today: Day, share: number } {
  const known = formats.get(timeZone)
  const format = known ?? new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short', timeStyle: 'medium', hourCycle: 'h23' })
  if (known === undefined) formats.set(timeZone, format)
  const [, date = '', hours, minutes, seconds] = /^(\S+), (\d+):(\d+):(\d+)/.exec(format.format(timeMs)) ?? []
  return { today: toDay(date) ?? 0, share: (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) / 86_400 }
}
