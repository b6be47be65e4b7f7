import { fileURLToPath } from 'node:url'
import type { PartCommand } from './process-part.ts'

export type AppName = 'api' | 'worker' | 'sandbox'

/** The command that runs an app in the same way as this process: with tsx or with Node.js alone. */
export function appCommand (name: AppName, env: Record<string, string>): PartCommand {
  return { name, command: process.execPath, args: [...nodeArgs(), appPath(name)], env }
}

function appPath (name: AppName): string {
  return fileURLToPath(new URL(`../../../${name}/src/main.ts`, import.meta.url))
}

function nodeArgs (): string[] {
  const runsTypeScript = 'typescript' in process.features && Boolean(process.features.typescript)
  const throughTsx = process.execArgv.some((arg) => arg.includes('tsx'))
  return runsTypeScript && !throughTsx ? [] : ['--import', import.meta.resolve('tsx')]
}
