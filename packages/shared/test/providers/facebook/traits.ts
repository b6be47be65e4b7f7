import { isObject } from '@carillon/http'
import { classify, classifyApp, classifyToken } from '../../../src/providers/facebook/classify.ts'
import type { Traits } from '../conformance/traits.ts'

export const traits: Traits = {
  classifiers: {
    API: (response, now) => classify(response, now, readId),
    'token endpoint': (response, now) => classifyToken(response, now, readId),
    'debug_token endpoint': (response, now) => classifyApp(response, now, readId)
  },
  // In whole minutes.
  rateLimited: (at) => ({
    status: 400,
    headers: { 'x-business-use-case-usage': JSON.stringify({ 1: [{ estimated_time_to_regain_access: Math.ceil((at - Date.now()) / 60_000) }] }) },
    body: { error: { code: 80_004, error_subcode: 2_446_079, message: '(#80004) There have been too many calls' } }
  }),
  renewsWhileValid: true,
  adds: ['appsecret_proof'],
  secrets: { FACEBOOK_CLIENT_SECRET: 'Facebook sends nothing. wrong-secret.test.ts shows it for pulls' },
  journey: { ownTest: 'apps/cli/test/facebook-journey.test.ts' }
}

function readId (value: unknown): object | undefined {
  return isObject(value) && 'id' in value ? value : undefined
}
