import type { Traits } from '../conformance/traits.ts'

export const traits: Traits = {
  classifiers: {},
  isHttp: false,
  endsAs: 'gone',
  secrets: {
    EMAIL_SMTP_URL: {
      reason: /^the SMTP server does not accept our login; check user and password in EMAIL_SMTP_URL$/,
      spoil: (value) => value.replace(/:[^:@]*@/, ':wrong@')
    },
    EMAIL_DKIM_KEY: 'only recipients check signatures',
    EMAIL_INBOUND_SECRET: 'it is ours: bounces are refused without it'
  },
  delivery: {
    showing: 'DATA',
    doubts: true,
    refusals: [
      { answer: { status: 553, body: 'Mailbox name not allowed' }, outcome: 'rejected', reason: /address is not accepted/ },
      { answer: { status: 550, body: '5.7.1 Message rejected as spam' }, outcome: 'rejected', reason: /by its policy/ },
      { answer: { status: 550, body: '5.4.5 Daily sending limit exceeded' }, outcome: 'quota', reason: /no quota left/ }
    ],
    // A server that shuts down after the message. After other temporary errors, an attempt makes sense some minutes later.
    outage: { answer: { status: 421, body: '4.3.2 Service shutting down' }, status: 421 }
  },
  journey: {
    ownTest: 'apps/cli/test/journeys/email.test.ts',
    addressOf: async (account) => `${account}@mail.example`
  }
}
