import { openSandbox } from './index.ts'

const port = readPort('SANDBOX_PORT') ?? 4400
const pumpioPort = readPort('SANDBOX_PUMPIO_PORT') ?? (port === 0 ? 0 : port + 1)
// The simulated accounts have no authentication, so the API's HOST does not apply here.
const host = '127.0.0.1'
const bench = process.env['SANDBOX_BENCH'] === '1'

const facebookApp = {
  deauthorizeUrl: readUrl('SANDBOX_FACEBOOK_DEAUTHORIZE_URL'),
  deletionUrl: readUrl('SANDBOX_FACEBOOK_DELETION_URL')
}

const options = { port, pumpioPort, host, bench, facebookApp }
const sandbox = await openSandbox(options).catch((error: NodeJS.ErrnoException & { port?: number }) => {
  const taken = error.port ?? port
  exitWith(error.code === 'EADDRINUSE'
    ? `${taken === pumpioPort ? 'SANDBOX_PUMPIO_PORT' : 'SANDBOX_PORT'}: port ${taken} on ${host} is already in use; choose another, or 0 for any free one`
    : `the sandbox cannot listen on ${host}:${taken}: ${error.message}`)
})

let closing = false
const close = (): void => {
  if (closing) return
  closing = true
  sandbox.close().then(() => process.exit(0), (error: Error) => exitWith(`the sandbox did not close: ${error.message}`))
}
process.on('SIGTERM', close)
process.on('SIGINT', close)
// The parent has exited, so no process would stop the sandbox.
process.on('disconnect', close)
if (process.connected === false) close()

console.log(`Sandbox at ${sandbox.url}, its pump.io at ${sandbox.pumpioUrl}`)
if (process.connected) process.send?.({ ready: true, url: sandbox.url, pumpioUrl: sandbox.pumpioUrl })

function readPort (name: string): number | undefined {
  const value = process.env[name] ?? ''
  if (value === '') return undefined
  const port = Number(value)
  if (/^\d+$/.test(value) && port <= 65535) return port
  return exitWith(`${name}: got "${value}", expected a port number from 0 to 65535`)
}

function readUrl (name: string): string | null {
  const value = process.env[name] ?? ''
  if (value === '') return null
  if (URL.canParse(value) && /^https?:/i.test(value)) return value
  return exitWith(`${name}: got "${value}", expected a URL of http or https`)
}

function exitWith (line: string): never {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}
