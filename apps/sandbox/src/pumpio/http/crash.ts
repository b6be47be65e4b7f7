/** What ends the process of a real server: its clients see the connection reset. */
export class Crash extends Error {
  override readonly name = 'Crash'
}
