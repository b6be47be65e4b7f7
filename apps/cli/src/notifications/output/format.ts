import { fitText } from '@carillon/shared/text'
import { printable } from '../../printable.ts'
import { total } from '../api/notification.ts'
import type { Counts, DeliveryState, Notification } from '../api/notification.ts'

const numbers = new Intl.NumberFormat('en-US')

/** `100,000` */
export function number (value: number): string {
  return numbers.format(value)
}

/** `1 delivery`, `100,000 deliveries` */
export function count (value: number, one: string, many: string): string {
  return `${number(value)} ${value === 1 ? one : many}`
}

/** `42 s`, `2 min 5 s`, `1 h 3 min` */
export function duration (seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3_600)} h ${Math.floor(whole % 3_600 / 60)} min`
}

const notSent: DeliveryState[] = ['failed', 'unknown', 'retrying', 'parked', 'skipped', 'expired', 'canceled']

/** `12 failed, 3 parked`; empty if all deliveries are sent, queued or being sent. */
export function exceptions (counts: Counts): string {
  return notSent.filter((state) => counts[state] > 0).map((state) => `${number(counts[state])} ${state}`).join(', ')
}

/** `99,988 of 100,000 sent, 12 failed` */
export function sentOf (counts: Counts): string {
  if (total(counts) === 0) return 'no deliveries'
  const rest = exceptions(counts)
  return `${number(counts.sent)} of ${number(total(counts))} sent${rest === '' ? '' : `, ${rest}`}`
}

/** A short name of a message, on one line. */
export function titleOf ({ message: { title, body, url, type } }: Pick<Notification, 'message'>): string {
  return `"${fitText(printable(title ?? body ?? url ?? type), { max: 60 }).text}"`
}

export function audienceOf ({ audience, audienceCount, providers }: Pick<Notification, 'audience' | 'audienceCount' | 'providers'>): string {
  const whom = 'everyone' in audience
    ? 'everyone'
    : 'userIds' in audience ? some(audience.userIds, audienceCount, 'user', 'users') : `members of ${some(audience.teamIds, audienceCount, 'team', 'teams')}`
  return providers === null ? whom : `${whom} (${providers.join(', ')})`
}

function some (ids: string[], all: number | null, one: string, many: string): string {
  const size = all ?? ids.length
  return size <= 3 ? ids.map(printable).join(', ') : count(size, one, many)
}

/** `2026-11-22 10:00:05Z` */
export function moment (iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z')
}
