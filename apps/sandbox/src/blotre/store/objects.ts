export interface Status {
  readonly color: string
  /** Milliseconds since the epoch, like all times of Blot're. */
  readonly created: number
  readonly poster: string
}

export interface Stream {
  readonly id: string
  readonly name: string
  readonly uri: string
  readonly owner: Owner
  readonly created: number
  updated: number
  /** Increases with every update of any stream, since many updates happen within a millisecond. */
  change: number
  status: Status
  tags: readonly string[]
}

export interface Owner {
  readonly id: string
  readonly account: string
  streamCount: number
}

export interface User extends Owner {
  /** The stream with the user's name. */
  readonly root: Stream
}
