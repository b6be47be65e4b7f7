import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { addEndpoints } from '../../src/commands/endpoints.ts'
import { runInProcess } from '../run-in-process.ts'
import { startTestStack } from '../start-test-stack.ts'

let status = 204
const server = createServer((request, response) => { request.resume().on('end', () => response.writeHead(status).end('no\u001b[31m')) })
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
t.teardown(() => { server.close().closeAllConnections() })
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
const { env } = await startTestStack(t)

const carillon = (...args: string[]) => runInProcess(addEndpoints, args, env).exited

t.test('creates, lists, tests, rotates, disables and deletes an endpoint', async (t) => {
  t.match(await carillon('endpoints', 'list'), { code: 0, stdout: '', stderr: /There are no endpoints/ })
  const created = await carillon('endpoints', 'create', url, '--events', 'connection.needs_reauth,pull.failed', '--description', 'The shop')
  t.match(created, { code: 0, stdout: /^whsec_\S+$/, stderr: /Created end_\S+/ }, 'standard output has the secret alone')
  const [, id = ''] = /(end_\S+)\./.exec(created.stderr) ?? []
  t.match(await carillon('endpoints', 'list'), { code: 0, stdout: new RegExp(`^ENDPOINT.*\n${id} +enabled +connection.needs_reauth,pull.failed +${url}$`) })
  t.match(await carillon('endpoints', 'test', id), { code: 0, stdout: /^204 \(\d+ ms\)$/ })
  status = 500
  t.match(await carillon('endpoints', 'test', id), { code: 1, stdout: /^500 no \S+ \(\d+ ms\)$/, stderr: /did not accept/ })
  const rotated = await carillon('endpoints', 'rotate', id)
  t.match(rotated, { code: 0, stdout: /^whsec_/, stderr: /24 hours/ })
  t.not(rotated.stdout, created.stdout)
  t.match(await carillon('endpoints', 'disable', id), { code: 0, stdout: `${id} is disabled` })
  t.match(await carillon('endpoints', 'list'), { stderr: /Enable it/ })
  t.match(await carillon('endpoints', 'enable', id), { code: 0, stdout: `${id} is enabled` })
  t.match(await carillon('endpoints', 'delete', id), { code: 0, stdout: `${id} is deleted` })
  t.match(await carillon('endpoints', 'delete', id), { code: 1, stderr: /There is no such endpoint/ })
})

t.test('says what is wrong with a URL or a type', async (t) => {
  t.match(await carillon('endpoints', 'create', 'http://shop.example/'), { code: 2, stderr: /url must use https/ })
  t.match(await carillon('endpoints', 'create', url, '--events', 'connection.lost'), { code: 2, stderr: /events/ })
})
