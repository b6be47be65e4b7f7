import { printable } from '../printable.ts'
import type { SiteEvent } from './events-api.ts'

/** One line: the time, the type, the id and the members of the data that have a value. */
export function describeEvent ({ id, createdAt, type, data }: SiteEvent): string {
  const members = Object.entries(data).filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return printable([createdAt, type, id, ...members].join('  '))
}
