import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { takeLock } from '../src/index.ts'
import { folder } from './fixtures/folder.ts'

t.test('is held once, and free again after its release', async (t) => {
  const path = join(await folder(t), 'lock')
  const lock = await takeLock(path)
  t.equal((await stat(path)).mode & 0o777, 0o600)
  await t.rejects(takeLock(path), { name: 'LockedError', pid: process.pid })
  await lock.release()
  await (await takeLock(path)).release()
  await t.rejects(readFile(path), { code: 'ENOENT' })
})

t.test('is taken over from a process that has ended, or whose id another process has', async (t) => {
  const path = join(await folder(t), 'lock')
  for (const left of [{ pid: 2 ** 22 + 1 }, { pid: process.pid, began: 'long ago' }, 'not JSON']) {
    await writeFile(path, JSON.stringify(left))
    await (await takeLock(path)).release()
  }
})

t.test('does not release a lock that another process has taken', async (t) => {
  const path = join(await folder(t), 'lock')
  const lock = await takeLock(path)
  await writeFile(path, '{"pid":1}')
  await lock.release()
  t.equal(await readFile(path, 'utf8'), '{"pid":1}')
})

t.test('is released once, and does not release the next one', async (t) => {
  const path = join(await folder(t), 'lock')
  const lock = await takeLock(path)
  await lock.release()
  const next = await takeLock(path)
  await lock.release()
  await t.rejects(takeLock(path), { name: 'LockedError' })
  await next.release()
})
