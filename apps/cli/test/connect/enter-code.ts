import { createBrowser } from '@carillon/testing'
import type { ConnectContext } from './open-context.ts'
import { runCarillon } from '../run-carillon.ts'

/** Enters the code and allows access, as a user does in a browser. */
export async function enterCode (page: string, code: string, account: string): Promise<void> {
  const browser = createBrowser()
  const consent = await browser.follow(await browser.submit(await browser.get(page), { code, account }))
  const done = await browser.follow(await browser.submit(consent, { action: 'allow', account }))
  if (done.status !== 200) throw new Error(`${done.url} returned ${done.status}: ${done.text}`)
}

/** Runs `connect blotre --json` without a terminal and enters the code that it prints. Resolves to its output. */
export async function connectUnattended (context: ConnectContext, account: string, args: string[] = []): Promise<object> {
  let entering: Promise<void> | undefined
  const { code, stdout, stderr } = await runCarillon(['connect', 'blotre', '--json', ...args], context.env, {
    onStderr (text) {
      const [, code, page] = /Enter the code (\w{8}) on this page:\s+(http\S+)\n/.exec(text) ?? []
      if (code !== undefined && page !== undefined) entering ??= enterCode(page, code, account)
    }
  })
  await entering
  if (code !== 0) throw new Error(`ended with ${code}:\n${stderr}`)
  return JSON.parse(stdout)
}
