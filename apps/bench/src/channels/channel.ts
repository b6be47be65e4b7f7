import type { Simulator } from '../environment/simulator.ts'

/** One account at a provider, as Carillon stores it. */
export interface Seat {
  /** The account's name in the simulator's inbox. */
  account: string
  accountId: string
  /** The workspace or the domain, which has a limit of its own. */
  host: string
  credentials: object
  /** Set where all accounts of the host share the credentials: what is the account's own. */
  target?: object
}

/** A provider in proofs with several providers. */
export interface Channel {
  provider: string
  /** Whether the accounts are divided among hosts with limits of their own, or all share the limit of one. */
  hosts: 'many' | 'one'
  /** Creates accounts at the host with this number. */
  createSeats: (simulator: Simulator, host: number, count: number) => Promise<Seat[]>
  /** The limits that its simulator has during a proof with that many people, for its control call. */
  limitsFor: (people: number) => object
}
