import { createPrivateKey, createPublicKey } from 'node:crypto'

export const PROVIDER = 'discord'

/** The key with which events are signed: PKCS #8 around a seed of 32 bytes. */
export const SIGNING_KEY = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 'sandbox-signing-key')]), format: 'der', type: 'pkcs8'
})

/** The application that is registered here, as on `https://discord.com/developers/applications`. */
export const CLIENT = {
  id: '1100000000000000001',
  secret: 'sandbox-secret',
  botToken: 'sandbox-bot-token',
  publicKey: Buffer.from(createPublicKey(SIGNING_KEY).export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex'),
  name: 'Carillon',
  redirectPath: '/connect/discord/callback',
  scopes: ['webhook.incoming', 'identify']
}

export const STYLE = { name: 'Discord', accent: '#5865f2', accentOnDark: '#a5aefb' }

/** Where a person ends who grants access without Carillon. */
export const LANDING_PATH = '/discord/granted'

/** The variable of the sandbox that replaces the scopes of the simulated application. */
export const scopeVariable = 'SANDBOX_DISCORD_SCOPE'

/** The variables that point Carillon at this simulator. With the scope `identify`, the bot sends direct messages. */
export function environment (url: string, scope = CLIENT.scopes.join(',')): Record<string, string> {
  return {
    DISCORD_URL: url,
    DISCORD_CLIENT_ID: CLIENT.id,
    DISCORD_CLIENT_SECRET: CLIENT.secret,
    DISCORD_PUBLIC_KEY: CLIENT.publicKey,
    DISCORD_BOT_TOKEN: CLIENT.botToken,
    DISCORD_SCOPE: scope
  }
}

/** The consent page, for a person who grants access without Carillon. */
export function consentUrl (sandboxUrl: string): string {
  const query = new URLSearchParams({
    response_type: 'code', client_id: CLIENT.id, redirect_uri: sandboxUrl + LANDING_PATH, scope: CLIENT.scopes.join(' ')
  })
  return `/discord/oauth2/authorize?${query}`
}
