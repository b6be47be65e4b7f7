import { execa } from 'execa'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '@carillon/local'
import { spawnNode, testDatabase, testKeys, testRedis, until } from '../src/index.ts'
import { readCompose } from './fixtures/compose.ts'
import { copies, makeImage, only, readDockerfile, root } from './fixtures/image.ts'

const instructions = await readDockerfile()
const sources = copies(instructions).flatMap(({ sources }) => sources)

t.test('is small, and no process in it runs as root', async (t) => {
  t.match(only(instructions, 'FROM'), /^node:24-slim@sha256:[0-9a-f]{64}$/)
  t.equal(only(instructions, 'USER'), 'node')
  t.match(only(instructions, 'RUN'), /^npm ci --omit=dev /)
})

t.test('copies only existing files that .dockerignore includes', async (t) => {
  const [everything, ...allowed] = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n').filter((line) => line && !line.startsWith('#'))
  t.equal(everything, '*')
  t.same(allowed.map((line) => line.slice(1)).sort(), sources.toSorted())
  for (const source of sources) await t.resolves(access(join(root, source)), source)
})

t.test('contains no simulators, embedded PostgreSQL, tests or secrets', async (t) => {
  for (const source of sources) t.notMatch(source, /sandbox|bench|packages\/local|packages\/testing|\/test|^\.|env/)
  t.notMatch(only(instructions, 'ENV'), /KEY|SECRET|PASSWORD|URL/)
})

t.test('with only the files of the image', async (t) => {
  const image = await makeImage(t)
  const { url } = await testDatabase(t)

  t.test('its own command works, and so does its health check', async (t) => {
    const port = String(await freePort())
    const env = { DATABASE_URL: url, CARILLON_KEYS: testKeys(), PORT: port, HOST: '127.0.0.1', NODE_ENV: 'production' }
    const [node, script = '', ...args] = JSON.parse(only(instructions, 'CMD'))
    t.equal(node, 'node')
    await spawnNode(t, join(image, script), { args, env, cwd: image }).ready
    const [command, ...check] = JSON.parse(only(instructions, 'HEALTHCHECK').replace(/^.* CMD /, ''))
    t.equal((await execa(command, check, { env: { PORT: port }, reject: false })).exitCode, 0)
    t.equal((await execa(command, check, { env: { PORT: String(await freePort()) }, reject: false })).exitCode, 1)
  })

  t.test('every command of the compose file works, and so do their health checks', async (t) => {
    const redis = await testRedis(t)
    const stores = { DATABASE_URL: url, REDIS_URL: redis?.url ?? '', QUEUE_PREFIX: redis?.prefix ?? 'carillon' }
    const ports = { 4000: await freePort(), 4001: await freePort() }
    const elsewhere = (text: string) => text.replace(/\b(4000|4001)\b/g, (port) => String(ports[Number(port) as keyof typeof ports]))
    for (const [name, { command: [node, script = '', ...args] = [], environment = {}, healthcheck }] of (await readCompose()).ours) {
      t.equal(node, 'node')
      const env = Object.fromEntries(Object.entries(environment).map(([variable, value]) => [variable, elsewhere(value)]))
      const running = spawnNode(t, join(image, script), { args, cwd: image, env: { ...env, ...stores } })
      if (name === 'migrate') {
        t.match(await running.exited, { code: 0 })
        continue
      }
      await running.ready
      const [kind, command = '', ...check] = (healthcheck?.test ?? []).map(elsewhere)
      t.equal(kind, 'CMD')
      await until(async () => (await execa(command, check)).exitCode === 0, { what: `the health of ${name}` })
      t.match(await running.stop(), { code: 0 })
    }
  })

  t.test('commands that need a whole clone report that', async (t) => {
    const up = spawnNode(t, join(image, 'apps/cli/src/main.ts'), { args: ['up'], cwd: image })
    t.match(await up.exited, { code: 1 })
    t.match(up.stderr, [/^carillon: `.+ up` needs a complete clone/])
  })
})
