import { moment } from '../notifications/output/format.ts'
import { printable } from '../printable.ts'

/** Times without their milliseconds, and nothing that controls the terminal. */
export function readable (text: string): string {
  return printable(text).replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, moment)
}
