import qrcode from 'qrcode'
import { html } from '../html.ts'
import type { Html } from '../html.ts'

/** A picture of a link that phones can scan. */
export async function qrCode (url: string): Promise<Html> {
  const svg = await qrcode.toString(url, { type: 'svg', margin: 2 })
  const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`
  return html`<img class="qr" src="${source}" alt="QR code of the link" width="200" height="200">`
}
