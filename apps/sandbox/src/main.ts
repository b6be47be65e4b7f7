import { openSandbox } from './index.ts'
import { readPort, SettingError } from './kit/read-variable.ts'

const bench = process.env['SANDBOX_BENCH'] === '1'
const sandbox = await openSandbox({
  port: orExit(() => readPort(process.env, 'SANDBOX_PORT')) ?? 4400,
  // The simulated accounts have no authentication, so the API's HOST does not apply here.
  host: '127.0.0.1',
  bench,
  env: process.env,
  // A benchmark creates accounts by the hundred thousand, and needs them once.
  stateFolder: bench ? undefined : process.env['SANDBOX_STATE_DIR'] || undefined
}).catch((error: unknown) => exitWith(error))

let closing = false
const close = (): void => {
  if (closing) return
  closing = true
  sandbox.close().then(() => process.exit(0), (error: Error) => exitWith(new SettingError(`the sandbox did not close: ${error.message}`)))
}
process.on('SIGTERM', close)
process.on('SIGINT', close)
// The parent has exited, so no process would stop the sandbox.
process.on('disconnect', close)
if (process.connected === false) close()

console.log([`Sandbox at ${sandbox.url}`, ...sandbox.ownHosts.map(({ name, url }) => `its ${name} at ${url}`)].join(', '))
const ownUrls = Object.fromEntries(sandbox.ownHosts.map(({ id, url }) => [`${id}Url`, url]))
if (process.connected) process.send?.({ ready: true, url: sandbox.url, ...ownUrls })

function orExit<T> (read: () => T): T {
  try {
    return read()
  } catch (error) {
    return exitWith(error)
  }
}

function exitWith (error: unknown): never {
  if (!(error instanceof SettingError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
