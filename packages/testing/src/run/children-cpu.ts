import { readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever the kernel's timer. */
const ticksPerSecond = 100

/**
 * A meter for the CPU time of child processes. Called when one has ended, it returns the seconds of user and system time of that
 * process, and of the ones that it has waited for. Two that end at the same moment are counted together. 0 outside of Linux.
 */
export function createCpuMeter (): () => number {
  let before = readChildrenSeconds()
  return () => {
    const now = readChildrenSeconds()
    const seconds = now - before
    before = now
    return seconds
  }
}

/** Node only reports the time of the process itself. */
function readChildrenSeconds (): number {
  try {
    return sumOfChildren(readFileSync('/proc/self/stat', 'utf8'))
  } catch {
    return 0
  }
}

/** `cutime` and `cstime` of proc(5). The second field, the program's name, may contain spaces and parentheses. */
function sumOfChildren (stat: string): number {
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(13, 15).map(Number)
  return (user + system) / ticksPerSecond
}
