import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { WebSocket } from 'undici'
import { findProgram } from '@carillon/testing/find-program'

const required = process.env['CARILLON_REQUIRE_FIREFOX'] === '1'

/** Why tests in Firefox are skipped, or false if they run. */
export const noFirefox = required || findProgram('firefox-esr') !== undefined
  ? false
  : 'Firefox is not installed (apt-get install firefox-esr); CARILLON_REQUIRE_FIREFOX=1 makes this a failure'

export interface Firefox {
  /** Sends a command of WebDriver BiDi, and returns its result. */
  command: <Result>(method: string, params: object) => Promise<Result>
  /** Evaluates an expression in the page, as in a click of the user, and returns its JSON. */
  evaluate: (expression: string) => Promise<unknown>
  navigate: (url: string) => Promise<void>
  screenshot: () => Promise<Buffer>
}

/** A headless Firefox with its own profile, whose push service is at `pushUrl`. It ends with the test. */
export async function openFirefox (t: Test, pushUrl: string): Promise<Firefox> {
  const executable = findProgram('firefox-esr')
  if (executable === undefined) throw new Error('firefox-esr is not in PATH')
  const profile = await mkdtemp(join(tmpdir(), 'carillon-firefox-'))
  const preferences = {
    'dom.push.serverURL': pushUrl,
    'dom.push.testing.allowInsecureServerURL': true,
    // The preferences for automation would turn off the push service.
    'remote.prefs.recommended': false,
    'dom.push.connection.enabled': true,
    // Without a desktop, the system cannot show notifications.
    'alerts.useSystemBackend': false,
    'app.update.enabled': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'toolkit.telemetry.enabled': false
  }
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`)
  await writeFile(join(profile, 'user.js'), lines.join('\n'))
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank']
  const child = spawn(executable, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: profile, MOZ_HEADLESS: '1' } })
  const closed = once(child, 'close')
  t.teardown(async () => {
    child.kill()
    await closed
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  return await openSession(t, await readAddress(child.stderr))
}

async function readAddress (stderr: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stderr })) {
    const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? []
    if (address === undefined) continue
    stderr.resume()
    return address
  }
  throw new Error('Firefox ended before it listened')
}

interface Reply {
  id?: number
  type: string
  result?: unknown
  error?: string
  message?: string
}

async function openSession (t: Test, address: string): Promise<Firefox> {
  const socket = new WebSocket(`${address}/session`)
  t.teardown(() => socket.close())
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error('Firefox refused the connection')))
  })
  const waiting = new Map<number, (reply: Reply) => void>()
  socket.addEventListener('message', ({ data }) => {
    const reply: Reply = JSON.parse(String(data))
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply)
  })
  let sent = 0
  const command: Firefox['command'] = async <Result>(method: string, params: object) => {
    const id = ++sent
    const replied = new Promise<Reply>((resolve) => { waiting.set(id, resolve) })
    socket.send(JSON.stringify({ id, method, params }))
    const { type, result, error, message } = await replied
    waiting.delete(id)
    if (type === 'error') throw new Error(`${method}: ${error}: ${message}`)
    return result as Result
  }
  await command('session.new', { capabilities: {} })
  const { contexts: [page] } = await command<{ contexts: Array<{ context: string }> }>('browsingContext.getTree', {})
  const context = page?.context
  return {
    command,
    async evaluate (expression) {
      const { result, exceptionDetails } = await command<{ result?: { value?: string }, exceptionDetails?: { text: string } }>('script.evaluate', {
        expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`, target: { context }, awaitPromise: true, userActivation: true
      })
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text)
      return JSON.parse(result?.value ?? 'null')
    },
    async navigate (url) { await command('browsingContext.navigate', { context, url, wait: 'complete' }) },
    async screenshot () {
      const { data } = await command<{ data: string }>('browsingContext.captureScreenshot', { context })
      return Buffer.from(data, 'base64')
    }
  }
}
