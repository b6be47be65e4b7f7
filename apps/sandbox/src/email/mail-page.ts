import type { FastifyInstance, FastifyReply } from 'fastify'
import { html, joinHtml } from '../kit/pages/html.ts'
import { sendPage, servicePage } from '../kit/pages/service-page.ts'
import type { ServiceStyle } from '../kit/pages/service-page.ts'
import { linksIn } from './mail.ts'
import type { Mail } from './mail.ts'

const STYLE: ServiceStyle = { name: 'E-mail', accent: '#0b6bcb', accentOnDark: '#6cb6ff' }

export interface MailPages {
  find: (id: string) => Mail | undefined
  latest: () => Mail[]
}

/** The mailbox, a page for each mail, and what mail programs and scanners do with a mail. */
export function mailPages (app: FastifyInstance, { find, latest }: MailPages): void {
  app.get('/', async (_request, reply) => sendPage(reply, 200, servicePage(STYLE, 'Mailbox', html`
    <h1>Mail</h1>
    ${latest().length === 0 ? html`<p class="hint">There is no mail yet.</p>` : html``}
    <ul>${joinHtml(latest().map(({ id, to, subject }) => html`<li><a href="mails/${id}">${subject}</a> <span class="hint">to ${to}</span></li>`))}</ul>`)))

  app.get<{ Params: { id: string } }>('/mails/:id', async ({ params }, reply) => withMail(reply, params.id, (mail) => show(reply, mail)))

  app.get<{ Params: { id: string } }>('/mails/:id/html', async ({ params }, reply) => withMail(reply, params.id, (mail) =>
    // The mail is foreign markup: it may have styles and pictures, and nothing else.
    reply.type('text/html; charset=utf-8').header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; sandbox").send(mail.html)))

  app.post<{ Params: { id: string } }>('/mails/:id/unsubscribe', async ({ params }, reply) =>
    await withMail(reply, params.id, async (mail) => {
      if (mail.unsubscribeUrl === undefined) return show(reply, mail, 'The mail has no one-click unsubscription.')
      return show(reply, mail, `POST ${mail.unsubscribeUrl}: ${await request(mail.unsubscribeUrl, 'POST')}`)
    }))

  app.post<{ Params: { id: string } }>('/mails/:id/scan', async ({ params }, reply) =>
    await withMail(reply, params.id, async (mail) => {
      const results = await Promise.all(linksIn(mail).map(async (url) => `GET ${url}: ${await request(url, 'GET')}`))
      return show(reply, mail, results.join('\n'))
    }))

  async function withMail (
    reply: FastifyReply, id: string, work: (mail: Mail) => FastifyReply | Promise<FastifyReply>
  ): Promise<FastifyReply> {
    const mail = find(id)
    return mail === undefined ? sendPage(reply, 404, servicePage(STYLE, 'No mail', html`<h1>There is no such mail</h1>`)) : await work(mail)
  }

  function show (reply: FastifyReply, mail: Mail, result?: string): FastifyReply {
    const { id, from, to, subject, text, headers, attachments, unsubscribeUrl } = mail
    const base = `${reply.request.url.replace(/\/mails\/.*$/, '')}/mails/${id}`
    return sendPage(reply, 200, servicePage(STYLE, subject, html`
      <style>main { width: min(44rem, 92vw) } iframe { width: 100%; height: 26rem; border: 1px solid #8889; border-radius: .5rem; background: Canvas }</style>
      <h1>${subject}</h1>
      <p class="hint">From ${from}<br>To ${to}</p>
      ${result === undefined ? html`` : html`<pre role="status">${result}</pre>`}
      <iframe title="The mail as HTML" src="${base}/html" sandbox></iframe>
      ${attachments.length === 0 ? html`` : html`<p>Attached: ${attachments.map(({ name, type, bytes }) => `${name} (${type}, ${bytes} bytes)`).join(', ')}</p>`}
      <div class="buttons">
        ${unsubscribeUrl === undefined ? html`` : html`<form method="post" action="${base}/unsubscribe"><button class="allow" title="What a mail program sends when its user unsubscribes">One-click unsubscribe (POST)</button></form>`}
        <form method="post" action="${base}/scan"><button title="What a security scanner does with every link">Open all links (GET)</button></form>
      </div>
      <details><summary>Text part</summary><pre>${text}</pre></details>
      <details><summary>Headers</summary><pre>${Object.entries(headers).map(([name, value]) => `${name}: ${value}`).join('\n')}</pre></details>`))
  }
}

async function request (url: string, method: 'GET' | 'POST'): Promise<string> {
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
      ...method === 'POST' && { body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) }
    })
    await response.body?.cancel()
    return String(response.status)
  } catch (error) {
    return `no response (${error instanceof Error ? error.message : String(error)})`
  }
}
