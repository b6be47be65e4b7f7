/** A manual mutation. `find` occurs once in the file. */
interface Change {
  find: string
  replace: string
}

/** A file, the tests that must detect its mutations, and the mutations. */
export interface Target {
  file: string
  /** Run in this order, until one of them fails. */
  tests: string[]
  changes?: Change[]
  /** Also applies all operators to the file. */
  generate?: boolean
  /** Mutations without an observable effect, by their names in `--list`, with the reason. */
  equivalents?: Record<string, string>
}

export interface Mutation {
  file: string
  /** Unique within the file. */
  name: string
  /** The whole text of the mutated file. */
  text: string
  tests: string[]
  /** Why no test can detect the mutation. */
  equivalent: string | undefined
}
