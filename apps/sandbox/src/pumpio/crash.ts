/** What ends the process of a real server: whoever is connected sees the connection reset. */
export class Crash extends Error {
  override readonly name = 'Crash'
}
