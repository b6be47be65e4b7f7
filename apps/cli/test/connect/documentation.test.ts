import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createBrowser, spawnNode } from '@carillon/testing'
import t from 'tap'
import { allowAccess } from './allow-access.ts'
import { enterCode } from './enter-code.ts'
import { openContext } from './open-context.ts'
import { openTerminal, terminalMissing } from '../open-terminal.ts'
import type { TerminalSession } from '../open-terminal.ts'
import { runCarillon } from '../run-carillon.ts'

const text = await readFile(new URL('../../../../docs/cli.md', import.meta.url), 'utf8')
const commands = [...text.matchAll(/^npm run (?:-s )?carillon -- (connect .*)$/gm)].map(([, command = '']) => command)

t.test('documents commands and a program that work without changes', { skip: terminalMissing }, async (t) => {
  const context = await openContext(t)
  const { data: [{ accessToken }] } = await context.control<{ data: [{ accessToken: string }] }>('POST', 'accounts', { provider: 'pushbullet', count: 1 })
  t.equal(commands.length, 7)
  for (const command of commands) {
    const [typed = '', file] = command.replace('pump.example', context.pumpioHost).replace('social.example', context.mastodonHost).split(' < ')
    if (file !== undefined) {
      t.match(await runCarillon(typed.split(' '), context.env, { input: accessToken }), { code: 0, stdout: /"connected"/ }, command)
      continue
    }
    const terminal = await openTerminal(t, typed.split(' '), context.env)
    const ended = terminal.ended()
    if (!typed.includes('--remove')) await attend(terminal)
    t.equal((await ended).code, 0, command)
  }

  const [, example = ''] = /^```ts\n(.*?)^```/ms.exec(text) ?? []
  const program = example.replace('credentials.json', context.file).replace('token: credentials', `$&, insecureHosts: ['${context.pumpioHost}']`)
  const folder = t.testdir({ 'program.ts': program })
  const running = spawnNode(t, `${folder}/program.ts`, { cwd: dirname(import.meta.filename ?? '') })
  t.equal((await running.exited).code, 0, running.output())
  t.same(running.stdout, [`I am alice@${context.pumpioHost}`])
})

/** Follows the instructions on the screen. */
async function attend (terminal: TerminalSession): Promise<void> {
  const [, code, redeemPage, verifierPage, page] = await terminal.see(
    /code (\w{8}) on this page:\s+(\S+)\s|(http\S+\?oauth_token=\S+)\s|(http\S+\/authorize\?\S+)\s/)
  if (code !== undefined && redeemPage !== undefined) return await enterCode(redeemPage, code, 'alice')
  if (verifierPage !== undefined) return terminal.type(`${await allowAccess(verifierPage, 'alice')}\r`)
  const browser = createBrowser()
  const last = await browser.follow(await browser.get(`${page}&auto=allow&account=alice`))
  const [, verifier] = /id="verifier"[^>]*>([^<]+)</.exec(last.text) ?? []
  if (verifier !== undefined) terminal.type(`${verifier.trim()}\r`)
}
