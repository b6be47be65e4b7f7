import type { Person } from './environment/audience.ts'
import { message } from './message.ts'

/** The number of concurrent clients. */
export const clients = 64

/** Notifications to one person each, in turn. */
export function singleBodies (people: Person[], count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({ audience: { userIds: [people[index % people.length]?.userId] }, message }))
}
