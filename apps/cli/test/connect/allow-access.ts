import { createBrowser } from '@carillon/testing'

/** Logs in and allows access, as a user does in a browser. Resolves to the verifier that the page shows. */
export async function allowAccess (authorizeUrl: string, nickname: string): Promise<string> {
  const browser = createBrowser()
  const login = await browser.follow(await browser.get(authorizeUrl))
  const page = await browser.follow(await browser.submit(login, { username: nickname, password: 'sandbox-secret' }))
  const verifierPage = page.text.includes('id="verifier"') ? page : await browser.follow(await browser.submit(page))
  return /id="verifier">([^<]*)</.exec(verifierPage.text)?.[1] ?? `no verifier on ${verifierPage.url}:\n${verifierPage.text}`
}
