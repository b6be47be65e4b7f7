import { html } from '../pages/html.ts'
import type { Html } from '../pages/html.ts'
import { problemHelp } from '../problems/problem-help.ts'
import { problemTable } from '../problems/problem-table.ts'
import { problemCodes } from './errors-document.ts'

/** The content of the page that the `type` of every problem links to. Its sections are those of docs/errors.md. */
export const problemsContent = html`
  <h1>Problems</h1>
  <p>The meaning of the <code>code</code> of an error. Its <code>detail</code> describes the individual request.</p>
  ${problemCodes.map((code) => html`
  <section id="${code}">
    <h2>${code}</h2>
    <p><strong>${problemTable[code].status}: ${problemTable[code].title}.</strong> ${withCode(problemHelp[code].cause)}</p>
    <p>What to do: ${withCode(problemHelp[code].fix)}</p>
  </section>`)}`

/** Renders `code` spans of Markdown. */
function withCode (markdown: string): Html {
  return html`${markdown.split('`').map((part, index) => index % 2 === 0 ? part : html`<code>${part}</code>`)}`
}
