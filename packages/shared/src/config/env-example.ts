import { definitions } from '../providers/index.ts'
import { variablesOf } from './variables.ts'

/** The text of `.env.example`: every variable with its purpose, its accepted values and its default. */
export function envExample (): string {
  return Object.entries(variablesOf(definitions)).map(([name, variable]) => {
    const { about, accepts, initial = '' } = variable
    return `# ${about}\n# Takes ${accepts}.\n${name}=${initial}\n`
  }).join('\n')
}
