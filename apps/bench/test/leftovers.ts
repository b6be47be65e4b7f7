import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { execa } from 'execa'

interface Process {
  pid: number
  parent: number
  command: string
}

/** The processes that `pid` has started, and all their descendants. */
export async function descendantsOf (pid: number): Promise<Process[]> {
  const all = await listProcesses()
  const below = (parent: number): Process[] =>
    all.filter((process) => process.parent === parent).flatMap((process) => [process, ...below(process.pid)])
  return below(pid)
}

/** Which of these processes still run, and the folders of a bench with the id `pid`. */
export async function leftBehind (pid: number, processes: Process[]): Promise<string[]> {
  const running = await listProcesses()
  const left = processes.filter((known) => running.some((one) => one.pid === known.pid && one.command === known.command))
  const folders = (await readdir(tmpdir())).filter((name) => name.startsWith(`carillon-bench-${pid}-`))
  return [...left.map(({ command }) => command), ...folders]
}

async function listProcesses (): Promise<Process[]> {
  const { stdout } = await execa('ps', ['-eo', 'stat=,pid=,ppid=,args='])
  return stdout.split('\n').flatMap((line) => {
    const [, state = '', pid, parent, command = ''] = /^\s*(\S+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    // Zombies have already ended.
    return state.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), command }]
  })
}

/** Lines other than progress, which may still appear during a shutdown. */
export function complaintsIn (output: string): string[] {
  return output.split('\n').filter((line) => line !== '' && (!/^ *\d+ s {2}/.test(line) || /fail|error|ended with/i.test(line)))
}
