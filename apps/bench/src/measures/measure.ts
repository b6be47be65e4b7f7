import type { Environment } from '../environment/bench-context.ts'

/** Something that is measured once in a round. Figures compare such results with each other. */
export interface Measure<Result extends object> {
  name: string
  needsRedis?: boolean
  run: (environment: Environment) => Promise<Result>
  /** The result's numbers, for people. */
  tell (result: Result): Record<string, string>
}

/** One of which only the name and the running matter. A method, so that results of every kind fit. */
export interface AnyMeasure {
  name: string
  needsRedis?: boolean
  run: (environment: Environment) => Promise<object>
  tell (result: object): Record<string, string>
}

export function rate (perSecond: number): string {
  return `${Math.round(perSecond).toLocaleString('en')}/s`
}

export function share (part: number): string {
  return `${Math.round(part * 100)} %`
}

export function micros (us: number): string {
  return `${us.toFixed(0)} µs`
}

export function milliseconds (ms: number): string {
  return `${ms.toFixed(1)} ms`
}
