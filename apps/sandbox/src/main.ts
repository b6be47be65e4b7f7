import { openSandbox } from './index.ts'

const port = readPort(process.env['SANDBOX_PORT'])
const host = process.env['HOST'] || '127.0.0.1'

const sandbox = await openSandbox({ port, host }).catch((error: NodeJS.ErrnoException) => {
  give(error.code === 'EADDRINUSE'
    ? `SANDBOX_PORT: port ${port} on ${host} is already in use; choose another, or 0 for any free one`
    : `the sandbox cannot listen on ${host}:${port}: ${error.message}`)
})

let closing = false
const close = (): void => {
  if (closing) return
  closing = true
  sandbox.close().then(() => process.exit(0), (error: Error) => give(`the sandbox did not close: ${error.message}`))
}
process.on('SIGTERM', close)
process.on('SIGINT', close)
// The parent is gone: nobody is left to stop us.
process.on('disconnect', close)

console.log(`Sandbox at ${sandbox.url}`)
process.send?.({ ready: true, url: sandbox.url })

function readPort (value = ''): number {
  if (value === '') return 4400
  const port = Number(value)
  if (/^\d+$/.test(value) && port <= 65535) return port
  return give(`SANDBOX_PORT: got "${value}", expected a port number from 0 to 65535`)
}

function give (line: string): never {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}
