import type { Accounts } from '../accounts.ts'
import type { Simulator } from '../simulator.ts'
import { createStateKeeper } from './state-keeper.ts'
import type { StateKeeper } from './state-keeper.ts'

export interface StateOptions {
  /** The folder for accounts, registered apps and tokens, so that they survive a restart. Default: they end with the sandbox. */
  stateFolder?: string | undefined
  /** Receives a line about a saved state that is not readable, or that cannot be saved. Default: stderr. */
  warn?: (line: string) => void
}

/** Loads the saved state of each simulator. Returns what saves it, by the id of the simulator. */
export function keepStates (
  simulators: readonly Simulator[], accounts: Accounts, { stateFolder: folder, warn = warnOnStderr }: StateOptions
): Map<string, StateKeeper> {
  if (folder === undefined) return new Map()
  const keepers = new Map(simulators.map((simulator) => [simulator.id, createStateKeeper({ folder, simulator, warn })]))
  // Not every account begins with an HTTP request: mails create some, and so do web sockets.
  accounts.watch(({ provider }) => { keepers.get(provider)?.noticeRequest() })
  return keepers
}

function warnOnStderr (line: string): void {
  process.stderr.write(`${line}\n`)
}
