import type { FastifyReply } from 'fastify'
import { html } from './html.ts'
import type { Html } from './html.ts'

/** The name of a simulated service, and its color on light and on dark backgrounds. */
export interface ServiceStyle {
  name: string
  accent: string
  accentOnDark: string
}

/** A page of a simulated service. */
export function servicePage ({ name, accent, accentOnDark }: ServiceStyle, title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · ${name} (sandbox)</title>
  <link rel="icon" href="data:,">
  <style>
    :root { color-scheme: light dark; --accent: ${accent}; --background: color-mix(in oklab, var(--accent) 8%, light-dark(#f4f4f4, #161616)) }
    body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--background);
      font: 16px/1.5 system-ui, sans-serif; color: light-dark(#23262a, #e8eaec) }
    main { box-sizing: border-box; width: min(26rem, 92vw); padding: 2rem; border-radius: 1rem;
      background: color-mix(in oklab, var(--accent) 4%, light-dark(#fff, #242424)); box-shadow: 0 1px 3px #0002, 0 12px 40px #0002;
      overflow-wrap: anywhere }
    .brand { font-weight: 700; color: light-dark(var(--accent), ${accentOnDark}) }
    .brand small { font-weight: 400; opacity: .8 }
    h1 { margin: .5rem 0; font-size: 1.25rem; line-height: 1.3 }
    label { display: block; margin-top: 1.25rem; font-weight: 600 }
    select, input:not([type=hidden]) { box-sizing: border-box; width: 100%; padding: .6rem .75rem; border: 1px solid #8889; border-radius: .5rem;
      font: inherit; background: transparent; color: inherit }
    option { color: black; background: white }
    pre { white-space: pre-wrap; padding: .8rem; border-radius: .5rem; background: #8882; font-size: .8rem }
    .hint { font-size: .875rem; opacity: .75; margin: .4rem 0 }
    .wrong { padding: .6rem .75rem; border-left: .25rem solid #d0453b; background: #d0453b22 }
    .buttons { display: flex; gap: .75rem; margin-top: 1.5rem }
    button { flex: 1; padding: .7rem; border: 1px solid #8889; border-radius: .5rem; font: inherit; font-weight: 600;
      background: transparent; color: inherit; cursor: pointer }
    button.allow { border-color: var(--accent); background: var(--accent); color: #fff }
    :focus-visible { outline: 2px solid light-dark(var(--accent), ${accentOnDark}); outline-offset: 2px }
  </style>
</head>
<body><main><div class="brand">${name} <small>· simulated</small></div>${content}</main></body>
</html>`.text
}

export function sendPage (reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).headers({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).send(text)
}
