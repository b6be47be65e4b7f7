import { createBrowser } from '@carillon/testing'

/** What the user does in a browser. Resolves to the verifier that the page shows. */
export async function allowAccess (authorizeUrl: string, nickname: string): Promise<string> {
  const browser = createBrowser()
  const login = await browser.follow(await browser.get(authorizeUrl))
  const page = await browser.follow(await browser.submit(login, { username: nickname, password: 'sandbox-secret' }))
  const shown = page.text.includes('id="verifier"') ? page : await browser.follow(await browser.submit(page))
  return /id="verifier">([^<]*)</.exec(shown.text)?.[1] ?? `no verifier on ${shown.url}:\n${shown.text}`
}
