import { createBrowser } from '@carillon/testing'
import type { House } from './open-house.ts'
import { runCarillon } from './run-carillon.ts'

/** What the user does in a browser. */
export async function enterCode (page: string, code: string, account: string): Promise<void> {
  const browser = createBrowser()
  const consent = await browser.follow(await browser.submit(await browser.get(page), { code, account }))
  const done = await browser.follow(await browser.submit(consent, { action: 'allow', account }))
  if (done.status !== 200) throw new Error(`${done.url} answered ${done.status}: ${done.text}`)
}

/** `connect blotre --json` where there is no terminal, with somebody who reads the code in a log. Resolves to what it prints. */
export async function connectUnattended (house: House, account: string, args: string[] = []): Promise<object> {
  let entering: Promise<void> | undefined
  const { code, stdout, stderr } = await runCarillon(['connect', 'blotre', '--json', ...args], house.env, {
    onSaid (said) {
      const [, code, page] = /Enter the code (\w{8}) on this page:\s+(http\S+)\n/.exec(said) ?? []
      if (code !== undefined && page !== undefined) entering ??= enterCode(page, code, account)
    }
  })
  await entering
  if (code !== 0) throw new Error(`ended with ${code}:\n${stderr}`)
  return JSON.parse(stdout)
}
