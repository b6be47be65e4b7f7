import { duration } from '../notifications/output/format.ts'

/** The time between two times of the API's clock. */
export function ago (iso: string, at: string): string {
  return `${duration(Math.max(0, secondsBetween(iso, at)))} ago`
}

export function secondsBetween (from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 1000)
}
