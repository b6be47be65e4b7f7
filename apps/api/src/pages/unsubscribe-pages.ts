import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { createUnsubscribeLinks, findConnection, resubscribe, unsubscribe } from '@carillon/shared/connections'
import type { Connection } from '@carillon/shared/connections'
import { textIn } from '../handshakes/text-in.ts'
import { readBody } from '../input/read-body.ts'
import type { Services } from '../services.ts'
import { foreign, html } from './html.ts'
import { sendPage } from './page.ts'
import { preparePages } from './prepare-pages.ts'

/** A one-click request of a mail program, or the form of our page. */
const maxBytes = 4_096

/**
 * `/u/<token>`: the recipient of a message turns off messages to that address, without a login. A POST does it at once, as
 * RFC 8058 says. A GET only shows a button, because scanners open every link of a mail.
 */
export function unsubscribePages (services: Services): FastifyPluginAsync {
  const { database, log, providers, site, vault } = services
  const links = createUnsubscribeLinks(vault, site.publicUrl)

  return async (app) => {
    await preparePages(app, site)
    readAnyForm(app)

    app.get('/:token', { schema: { hide: true } }, async (request, reply) => {
      const connection = await findNamed(request)
      return connection === undefined ? refuse(reply) : show(reply, connection)
    })

    app.post('/:token', { bodyLimit: maxBytes, schema: { hide: true } }, async (request, reply) => {
      const connection = await findNamed(request)
      if (connection === undefined) return refuse(reply)
      const address = { provider: connection.provider, accountId: connection.account.id }
      const isUndo = /(^|\s|&)undo=1\b/.test(String(request.body))
      const count = await (isUndo ? resubscribe(database, address) : unsubscribe(database, address))
      log.info({ provider: connection.provider, connections: count }, isUndo ? 'resubscribed an address' : 'unsubscribed an address')
      return show(reply, await findNamed(request) ?? connection)
    })
  }

  async function findNamed ({ params }: FastifyRequest): Promise<Connection | undefined> {
    const id = links.read(textIn(params, 'token'))
    return id === undefined ? undefined : await findConnection(database, id)
  }

  function show (reply: FastifyReply, { status, muted, account, provider }: Connection): FastifyReply {
    const name = html`<strong>${foreign(account.name)}</strong>`
    const service = providers.get(provider)?.name ?? provider
    if (status === 'revoked') {
      return page(reply, 'No messages', html`<p><em>${foreign(site.name)}</em> sends no messages to ${name} any more. The connection has ended.</p>`)
    }
    if (muted === 'unsubscribed') {
      return page(reply, 'You are unsubscribed', html`
        <p><em>${foreign(site.name)}</em> sends no more messages to ${name} (${service}).</p>
        <p>To receive them again, press the button here, or unmute this address among your connections at <em>${foreign(site.name)}</em>.</p>
        <form class="buttons" method="post"><input type="hidden" name="undo" value="1"><button class="quiet">Receive messages again</button></form>`)
    }
    return page(reply, 'Unsubscribe', html`
      <p>Stop all messages from <em>${foreign(site.name)}</em> to ${name} (${service})?</p>
      <form class="buttons" method="post"><button>Unsubscribe</button></form>
      <p class="soft">Nothing has changed yet. You can undo it on the next page.</p>`)
  }

  function refuse (reply: FastifyReply): FastifyReply {
    return page(reply, 'This link is not valid', html`
      <p>The link is incomplete or not from us. Copy the whole link from the message, or mute the address among your connections at
        <em>${foreign(site.name)}</em>.</p>`, 404)
  }

  function page (reply: FastifyReply, title: string, content: ReturnType<typeof html>, status = 200): FastifyReply {
    return sendPage(reply, status, { title, publicUrl: site.publicUrl, content: html`<h1>${title}</h1>${content}` })
  }
}

/** Mail programs send a form or multipart. The route needs only one word of either. */
function readAnyForm (app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async ({ headers }: FastifyRequest, payload: FastifyRequest['raw']) =>
    (await readBody(payload, { maxBytes, contentLength: headers['content-length'] })).toString('latin1'))
}
