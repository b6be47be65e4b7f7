/** A part of a simulator's state that survives a restart of the sandbox. */
export interface StatePart {
  /** Increases with every change that must be on disk before the client gets its response. */
  version: () => number
  /** A value that the structured clone algorithm accepts. All parts of a simulator are cloned together, so references stay. */
  save: () => unknown
  /** Adds what `save` returned. */
  load: (saved: unknown) => void
}

/** A map that is part of the state. A change inside of a value is saved later, see `createStateKeeper`. */
export class StateMap<Key, Value> extends Map<Key, Value> implements StatePart {
  #changes = 0

  override set (key: Key, value: Value): this {
    this.#changes++
    return super.set(key, value)
  }

  override delete (key: Key): boolean {
    this.#changes++
    return super.delete(key)
  }

  override clear (): void {
    this.#changes++
    super.clear()
  }

  version (): number {
    return this.#changes
  }

  save (): unknown {
    return [...this]
  }

  load (saved: unknown): void {
    for (const [key, value] of saved as Array<[Key, Value]>) this.set(key, value)
  }
}

/** A value that is saved with the other parts. Its changes come with theirs, or are saved later. */
export function stateValue<T> (read: () => T, write: (value: T) => void): StatePart {
  return { version: () => 0, save: read, load: (saved) => { write(saved as T) } }
}
