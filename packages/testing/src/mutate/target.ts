/** A breakage written by hand: `find` occurs once in the file. */
interface Change {
  find: string
  replace: string
}

/** A file, the tests that must notice when it is broken, and how it is to be broken. */
export interface Target {
  file: string
  /** Run in this order, until one of them fails. */
  tests: string[]
  changes?: Change[]
  /** Breaks it in every way that the operators know, too. */
  generate?: boolean
  /** Breakages that change nothing anybody could notice: what `--list` calls them, and why. */
  equivalents?: Record<string, string>
}

export interface Mutation {
  file: string
  /** Unique within the file. */
  name: string
  /** All of the file, broken. */
  text: string
  tests: string[]
  /** Why nothing notices. */
  equivalent: string | undefined
}
