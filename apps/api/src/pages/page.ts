import type { FastifyReply } from 'fastify'
import { Html, html } from './html.ts'
import type { Content } from './html.ts'

export interface PageParts {
  title: string
  /** PUBLIC_URL: the page loads its assets from below this path, on the host that it was loaded from. */
  publicUrl: string
  content: Content
  /** Loaded from `/connect/assets/`. */
  script?: string
  /** For a page of texts. */
  isWide?: boolean
}

/** Sends a page that must not be cached. */
export function sendPage (
  reply: FastifyReply, status: number, { title, publicUrl, content, script, isWide = false }: PageParts
): FastifyReply {
  const assets = `${new URL(publicUrl).pathname.replace(/\/$/, '')}/connect/assets`
  const page = html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <title>${title}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="${assets}/page.css">
  ${script === undefined ? new Html('') : html`<script type="module" src="${assets}/${script}"></script>`}
</head>
<body><main${isWide ? new Html(' class="wide"') : ''}>${content}</main></body>
</html>
`
  return reply.code(status).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(page.text)
}
