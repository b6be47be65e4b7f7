export { isWebhookSecret, newWebhookSecret, signWebhook } from './sign-webhook.ts'
export { activeSecrets, parseSigningSecrets, replaceSecret } from './signing-secrets.ts'
export type { SigningSecrets } from './signing-secrets.ts'
