import { execa } from 'execa'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { runCarillon } from '../run-carillon.ts'

/** The words that the shell offers for the last word of the line. */
type Complete = (line: string) => Promise<string[]>

const folder = await mkdtemp(join(tmpdir(), 'carillon-completion-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
await writeFile(join(folder, 'tokens.jsonl'), '')

const shells: Record<string, (script: string) => Complete> = {
  bash: (script) => async (line) => {
    const words = line.split(/ |(?==)|(?<==)/)
    const program = `source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _carillon; printf '%s\\n' "\${COMPREPLY[@]}"`
    return lines(await execa('bash', ['--norc', '-c', program], { cwd: folder }))
  },
  fish: (script) => async (line) => {
    const { stdout } = await execa('fish', ['--no-config', '-c', `source ${script}; complete -C '${line}'`], { cwd: folder })
    return stdout.split('\n').map((each) => each.split('\t', 1)[0] ?? '').filter((each) => each !== '')
  },
  zsh: (script) => async (line) => {
    // Without a terminal, the widgets of zsh do not run. So compadd and _describe report what they would offer.
    const words = line.split(' ')
    const program = `compdef () {}; compset () {}; _files () { print -l -- *(N) }; compadd () { shift; print -l -- "$@" }
      _describe () { local name="\${@[-1]}"; local -a all; all=("\${(@P)name}"); print -rl -- "\${all[@]%%:*}" }
      source ${script}; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _carillon`
    const last = (words.at(-1) ?? '').replace(/^--[\w-]+=/, '')
    return lines(await execa('zsh', ['-f', '-c', program], { cwd: folder })).filter((each) => each.startsWith(last))
  }
}

for (const [shell, open] of Object.entries(shells)) {
  t.test(`completes in ${shell}`, { skip: await missing(shell) }, async (t) => {
    const { code, stdout } = await runCarillon(['completion', shell], {})
    t.equal(code, 0)
    const script = join(folder, `carillon.${shell}`)
    await writeFile(script, `${stdout}\n`)
    const complete = open(script)
    const has = async (line: string, expected: string[], unexpected: string[] = []) => {
      const found = await complete(line)
      for (const word of expected) t.ok(found.includes(word), `${line}: ${word} is among ${found.join(' ')}`)
      for (const word of unexpected) t.notOk(found.includes(word), `${line}: ${word} is not`)
    }
    await has('carillon st', ['status'], ['send'])
    await has('carillon notifications ', ['list', 'cancel', 'pause'], ['status'])
    await has('carillon notifications cancel --', ['--watch', '--json'], ['--to'])
    await has('carillon connections --st', ['--status'])
    await has('carillon connections list --status ', ['active', 'needsReauth'], ['list'])
    await has('carillon connections --provider slack --status needs', ['needsReauth'])
    await has('carillon connections list --provider s', ['slack'], ['pushbullet'])
    await has('carillon connect push', ['pushbullet'])
    await has('carillon --profile staging completion ', ['bash', 'zsh', 'fish'])
    await has('carillon import tok', ['tokens.jsonl'])
    t.same((await complete('carillon send --title ')).filter((word) => word !== ''), [], 'a title is free text')
  })
}

async function missing (shell: string): Promise<string | false> {
  const isInstalled = await execa(shell, ['-c', 'true']).then(() => true, () => false)
  if (isInstalled || process.env[`CARILLON_REQUIRE_${shell.toUpperCase()}`] === '1') return false
  return `${shell} is not installed; CARILLON_REQUIRE_${shell.toUpperCase()}=1 makes this a failure`
}

function lines ({ stdout }: { stdout: string }): string[] {
  return stdout.split('\n').filter((each) => each !== '')
}
