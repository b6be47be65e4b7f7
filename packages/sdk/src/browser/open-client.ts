import { Carillon } from '../carillon.ts'

export interface BrowserOptions {
  /** The token of the user, from `carillon.users.token()` on your server, or a function that requests it there. */
  token: string | (() => Promise<string>)
  /** The address of your Carillon. Its ALLOWED_ORIGINS must contain the origin of this page. */
  baseUrl: string
}

export interface UserClient {
  carillon: Carillon
  token: string
}

/** The API with the rights of the user. */
export async function openClient ({ token: given, baseUrl }: BrowserOptions): Promise<UserClient> {
  const token = typeof given === 'string' ? given : await given()
  return { carillon: new Carillon({ apiKey: token, baseUrl }), token }
}
