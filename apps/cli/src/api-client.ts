import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig } from '@carillon/shared/config'
import { request } from 'undici'
import type { CommandContext } from './command-context.ts'

export interface ApiClient {
  /** The answer's JSON. Throws an Error that repeats what the API said. */
  post: (path: string, body: object) => Promise<unknown>
}

/** Talks to the API that CARILLON_API_URL and CARILLON_API_KEY name or, without them, to that of a running `carillon up`. */
export async function openApiClient (env: CommandContext['env']): Promise<ApiClient> {
  const config = loadConfig(env)
  const up = await readUp(config.CARILLON_DATA_DIR)
  const url = config.CARILLON_API_URL ?? up.apiUrl
  const key = config.CARILLON_API_KEY ?? up.operatorKey
  if (url === undefined) throw new Error(`CARILLON_API_URL is missing, and \`carillon up\` does not run in ${config.CARILLON_DATA_DIR}`)
  if (key === undefined) throw new Error(`CARILLON_API_KEY is missing, and \`carillon up\` does not run in ${config.CARILLON_DATA_DIR}`)

  return {
    async post (path, body) {
      const { statusCode, body: answer } = await request(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body)
      })
      const text = await answer.text()
      if (statusCode >= 400) throw new Error(`${url}${path} answered ${statusCode}: ${describeProblem(text)}`)
      return JSON.parse(text)
    }
  }
}

async function readUp (dataDir: string): Promise<{ apiUrl?: string, operatorKey?: string }> {
  const text = await readFile(join(dataDir, 'up.json'), 'utf8').catch(() => '{}')
  return JSON.parse(text)
}

interface Problem {
  title?: string
  detail?: string
  errors?: Array<{ path: string, message: string }>
}

/** Title, detail and paths of an RFC 9457 problem; nothing of what is not one. */
function describeProblem (text: string): string {
  try {
    const { title, detail, errors = [] }: Problem = JSON.parse(text)
    return [detail ?? title, ...errors.map(({ path, message }) => `${path} ${message}`)].join('; ')
  } catch {
    return 'no explanation'
  }
}
