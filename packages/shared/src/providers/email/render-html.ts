import { html, Html } from '../../text/index.ts'
import type { MailContent } from './mail-content.ts'

/**
 * The HTML part of a mail. Colors for light are inline, because many mail programs ignore styles in the head. Those that know a
 * dark scheme read it from there. Every text of the message is escaped by `html`.
 */
export function renderHtml (subject: string, content: MailContent): string {
  const { label, title, body, code, image, links, footer, unsubscribeUrl } = content
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <meta name="supported-color-schemes" content="light dark">
  <title>${subject}</title>
  <style>${darkStyle}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f2f4f8;color:#1f2430">
  <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:24px 12px">
    <div role="article" aria-label="${subject}" class="card" dir="auto" style="max-width:560px;padding:28px;text-align:start;background:#ffffff;border:1px solid #dde1ea;border-radius:12px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;overflow-wrap:anywhere">
      ${label === undefined ? '' : html`<p class="label" style="margin:0 0 8px;font-size:14px;font-weight:700;color:#5d6577">${label}</p>`}
      ${isEmpty(title) ? '' : html`<h1 dir="auto" style="margin:0 0 12px;font-size:22px;line-height:1.3">${title}</h1>`}
      ${toParagraphs(body)}
      ${code === undefined ? '' : html`<p style="margin:20px 0;font-size:32px;font-weight:700;letter-spacing:4px">${code}</p>`}
      ${image === undefined ? '' : html`<p style="margin:0 0 12px"><img src="${image}" alt="" width="504" style="max-width:100%;height:auto;border-radius:8px"></p>`}
      ${links.map(toButton)}
    </div>
    <div class="soft" dir="auto" style="max-width:560px;padding:16px 28px;text-align:start;font:13px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#5d6577;overflow-wrap:anywhere">
      ${footer.map((line) => html`<p style="margin:0 0 6px">${line}</p>`)}
      ${unsubscribeUrl === undefined ? '' : html`<p style="margin:0"><a class="soft" href="${unsubscribeUrl}" style="color:#5d6577">Unsubscribe</a></p>`}
    </div>
  </td></tr></table>
</body>
</html>
`.text
}

const darkStyle = new Html(`
    :root { color-scheme: light dark; supported-color-schemes: light dark }
    @media (prefers-color-scheme: dark) {
      .page { background: #14171e !important; color: #e8eaf0 !important }
      .card { background: #20242e !important; border-color: #363c4a !important }
      .label, .soft { color: #a2a9b9 !important }
      .main { background: #7c96ff !important; border-color: #7c96ff !important; color: #10131a !important }
      .other { border-color: #5d6577 !important; color: #e8eaf0 !important }
    }
  `)

const buttonStyle = 'display:inline-block;margin:8px 8px 0 0;padding:10px 18px;border-radius:8px;font-weight:600;text-decoration:none'

/** The first link is the main one. */
function toButton ({ title, url }: { title: string, url: string }, index: number): Html {
  return index === 0
    ? html`<a class="main" dir="auto" href="${url}" style="${buttonStyle};border:1px solid #3b5bdb;background:#3b5bdb;color:#ffffff">${title}</a>`
    : html`<a class="other" dir="auto" href="${url}" style="${buttonStyle};border:1px solid #c3c9d6;color:#1f2430">${title}</a>`
}

/** Blank lines separate paragraphs. Other line breaks stay. */
function toParagraphs (body = ''): Html[] {
  return body.trim().split(/\n\s*\n/).filter((paragraph) => paragraph !== '').map((paragraph) =>
    html`<p dir="auto" style="margin:0 0 12px">${paragraph.split('\n').map((line, index) => index === 0 ? line : html`<br>${line}`)}</p>`)
}

function isEmpty (text: string | undefined): boolean {
  return text === undefined || text === ''
}
