import { randomUUID } from 'node:crypto'
import fastifyFormbody from '@fastify/formbody'
import type { SandboxServices, Simulator } from '../kit/simulator.ts'
import { createUserStore } from '../kit/user-store.ts'
import { createBehaviors } from './behaviors.ts'
import { emailControls } from './controls.ts'
import { parseMail, toCountedMail } from './mail.ts'
import type { Mail } from './mail.ts'
import { mailPages } from './mail-page.ts'
import { createSmtpServer, LOGIN } from './smtp.ts'

const ID = 'email'
const DOMAIN = 'inbox.example'
const MAX_MAILS = 1_000
const MAX_CARD_TEXT = 500

/** A mail server for all domains, and a mailbox for every address. Some addresses make the server misbehave. */
export function createEmail ({ accounts, bench, clock, inbox }: SandboxServices): Simulator {
  const behaviors = createBehaviors(clock)
  const mails = new Map<string, Mail>()
  const users = createUserStore({
    provider: ID, accounts, createUser: (account) => ({ account }), keyOf: (account) => account.toLowerCase()
  })
  let server = { port: 0, host: '127.0.0.1' }

  return {
    id: ID,
    name: 'E-mail',
    environment: () => ({
      EMAIL_SMTP_URL: `smtp://${LOGIN.user}:${LOGIN.password}@${server.host}:${server.port}`,
      EMAIL_FROM: 'Carillon <news@carillon.example>',
      EMAIL_BOUNCE_ADDRESS: 'bounce@carillon.example',
      EMAIL_INBOUND_SECRET: 'sandbox-inbound-secret'
    }),

    createServer: ({ faults, stats }) => createSmtpServer({
      id: ID, faults, stats, behaviors, deliver, onListening: (at) => { server = at }
    }),

    async mount (app) {
      await app.register(fastifyFormbody)
      mailPages(app, { find: (id) => mails.get(id), latest: () => [...mails.values()].slice(-50).reverse() })
    },

    createAccount (domain = DOMAIN) {
      const { account } = users.create(domain)
      return { account, address: account }
    },

    accountOf: (name) => users.get(toAddress(name))?.account ?? toAddress(name),

    // There are no tokens. A user who ends everything deletes the mailbox.
    expireTokens: () => 0,
    revokeTokens (account) {
      const removed = [...account === undefined ? users.all() : [users.open(account)]]
      for (const { account } of removed) behaviors.remove(account)
      return removed.length
    },

    controls: (app) => { emailControls(app, behaviors) },
    consentPath: () => `/${ID}/`,
    toCard: (item) => toCard(item as Mail),
    state: { users, ...behaviors.state },
    faultResponse: () => ({ headers: {}, body: 'The sandbox was asked to refuse' }),

    reset () {
      users.reset()
      behaviors.reset()
      mails.clear()
    }
  }

  async function deliver (raw: Buffer, envelope: { from: string, to: string }): Promise<void> {
    const id = randomUUID()
    const mail = bench ? toCountedMail(id, envelope) : await parseMail(raw, id, envelope)
    const { account } = users.open(envelope.to)
    mails.set(id, mail)
    const [oldest] = mails.keys()
    if (mails.size > MAX_MAILS && oldest !== undefined) mails.delete(oldest)
    inbox.add(ID, account, { method: 'DATA', path: `/${envelope.to}`, headers: mail.headers, body: undefined }, mail)
  }
}

/** Control calls may leave out the domain. */
function toAddress (name: string): string {
  return name.includes('@') ? name : `${name}@${DOMAIN}`
}

function toCard ({ id, subject, text }: Mail) {
  const body = text.split('\n-- \n', 1)[0] ?? ''
  return { kind: 'mail', title: subject, body: body.slice(0, MAX_CARD_TEXT).trim(), url: `/${ID}/mails/${id}` }
}
