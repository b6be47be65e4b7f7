import { basename, delimiter, dirname, relative } from 'node:path'

export interface Start {
  /** As in `process`. */
  argv: string[]
  execArgv: string[]
  env: Record<string, string | undefined>
  cwd: string
}

/** How a person starts this program in the same way. */
export function commandName ({ argv: [, script = ''], execArgv, env, cwd }: Start): string {
  if (env['npm_command'] === 'run' || env['npm_command'] === 'run-script' || env['npm_command'] === 'start') {
    if (scripts.includes(env['npm_lifecycle_event'] ?? '')) return 'npm run carillon --'
  }
  if (env['npm_command'] === 'exec') return 'npx carillon'
  if (basename(script) === 'carillon' && (env['PATH'] ?? '').split(delimiter).includes(dirname(script))) return 'carillon'
  const path = relative(cwd, script)
  const options = execArgv.filter((argument) => !argument.includes('inspect')).map((argument) => isTsx(argument) ? 'tsx' : argument)
  return ['node', ...options, path.startsWith('..') ? script : path].join(' ')
}

/** npm passes the module's name, and a parent process passes its file. */
function isTsx (argument: string): boolean {
  return argument.endsWith('/tsx/dist/loader.mjs')
}

/** Scripts of package.json that run this program. */
const scripts = ['carillon', 'start']

/** Replaces `carillon` with `name` in texts that name a command, such as `carillon keys list`. */
export function nameCommands (name: string, commands: string[]): (text: string) => string {
  const mention = new RegExp(`(?<![\\w/.-])carillon (?=(?:${commands.join('|')})\\b)`, 'g')
  return (text) => text.replaceAll(mention, () => `${name} `)
}
