import { execa } from 'execa'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataFolder } from '@carillon/testing'
import t from 'tap'
import { readEnvFile } from '../src/env-file.ts'
import { carillon } from './run-carillon.ts'

t.test('adds the variables that the environment lacks', async (t) => {
  const path = join(await dataFolder(t), 'settings')
  await writeFile(path, '# ours\nPORT=4100\nSITE_NAME="The Bell"\nDATABASE_URL=postgres://localhost/bell\n')
  const { env, envFile } = readEnvFile({ CARILLON_ENV_FILE: path, PORT: '4200', DATABASE_URL: '' })
  t.match(env, { PORT: '4200', SITE_NAME: 'The Bell', DATABASE_URL: 'postgres://localhost/bell' })
  t.same(envFile, { path, names: ['DATABASE_URL', 'SITE_NAME'] })
})

t.test('reads .env of the current folder unless the environment says otherwise', async (t) => {
  const cwd = await dataFolder(t)
  await writeFile(join(cwd, '.env'), 'PORT=tower\n')
  const start = (env: Record<string, string>) =>
    execa(process.execPath, [...carillon, 'keys', 'list'], { cwd, env: { PATH: process.env['PATH'] ?? '', ...env }, extendEnv: false, reject: false })
  t.match(await start({}), { exitCode: 1, stderr: /PORT/ })
  t.match(await start({ CARILLON_ENV_FILE: '' }), { exitCode: 1, stderr: /DATABASE_URL is not set/ })
  t.match(await start({ CARILLON_ENV_FILE: 'none' }), { exitCode: 1, stderr: /CARILLON_ENV_FILE: none cannot be read \(ENOENT\)/ })
})
