import type { Reader } from './readers.ts'

/** An environment variable: how its text is read, and what `.env.example` says about it. */
interface Variable<Value = unknown> extends Reader<Value> {
  about: string
  /** The default. A variable without one may be absent. */
  initial?: string
  /** Makes one key of a variable that lists keys of this deployment, separated by commas. */
  generate?: () => string
  /** A provider is offered only when all its required variables are set. */
  required?: true
}

export type VariableTable = Record<string, Variable>

type ValueOf<V extends Variable> = V extends Variable<infer Value> ? Value : never

/** The values of a table. Required values and those with a default are never undefined. */
export type ValuesOf<Table extends VariableTable> = {
  [Name in keyof Table]: Table[Name] extends { initial: string } | { required: true }
    ? ValueOf<Table[Name]>
    : ValueOf<Table[Name]> | undefined
}
