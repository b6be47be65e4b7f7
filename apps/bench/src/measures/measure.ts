import type { Environment } from '../environment/bench-context.ts'
import type { Program } from '../environment/programs.ts'

/** A measurement that runs once per round. Figures compare the results. */
export interface Measure<Result extends object> {
  name: string
  needs?: Program[]
  run: (environment: Environment) => Promise<Result>
  /** The numbers of the result, for people. */
  tell (result: Result): Record<string, string>
}

/** A measure whose result type does not matter. `tell` is a method, so results of every type are assignable. */
export interface AnyMeasure {
  name: string
  needs?: Program[]
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
