import { execa } from 'execa'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '@carillon/local'
import { spawnNode, testDatabase, testKeys } from '../src/index.ts'
import { copies, makeImage, only, readDockerfile, root } from './fixtures/image.ts'

const instructions = await readDockerfile()
const sources = copies(instructions).flatMap(({ sources }) => sources)

t.test('is small, and nobody in it is root', async (t) => {
  t.equal(only(instructions, 'FROM'), 'node:24-slim')
  t.equal(only(instructions, 'USER'), 'node')
  t.match(only(instructions, 'RUN'), /^npm ci --omit=dev /)
})

t.test('copies only what is there, and what .dockerignore lets through', async (t) => {
  const [everything, ...allowed] = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n').filter((line) => line && !line.startsWith('#'))
  t.equal(everything, '*')
  t.same(allowed.map((line) => line.slice(1)).sort(), sources.toSorted())
  for (const source of sources) await t.resolves(access(join(root, source)), source)
})

t.test('holds no simulators, no embedded PostgreSQL, no tests and no secrets', async (t) => {
  for (const source of sources) t.notMatch(source, /sandbox|bench|packages\/local|packages\/testing|\/test|^\.|env/)
  t.notMatch(only(instructions, 'ENV'), /KEY|SECRET|PASSWORD|URL/)
})

t.test('runs its command and passes its health check with nothing but what it holds', async (t) => {
  const image = await makeImage(t)
  const { url } = await testDatabase(t)
  const port = String(await freePort())
  const env = { DATABASE_URL: url, CARILLON_KEYS: testKeys(), PORT: port, HOST: '127.0.0.1', NODE_ENV: 'production' }
  const [node, script = '', ...args] = JSON.parse(only(instructions, 'CMD'))
  t.equal(node, 'node')
  await spawnNode(t, join(image, script), { args, env, cwd: image }).ready

  const [command, ...check] = JSON.parse(only(instructions, 'HEALTHCHECK').replace(/^.* CMD /, ''))
  t.equal((await execa(command, check, { env: { PORT: port }, reject: false })).exitCode, 0)
  t.equal((await execa(command, check, { env: { PORT: String(await freePort()) }, reject: false })).exitCode, 1)

  const up = spawnNode(t, join(image, 'apps/cli/src/main.ts'), { args: ['up'], env, cwd: image })
  t.match(await up.exited, { code: 1 })
  t.match(up.stderr, [/^carillon: `carillon up` needs a whole clone/])
})
