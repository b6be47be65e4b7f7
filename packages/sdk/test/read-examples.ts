import { readFile } from 'node:fs/promises'

export interface Example {
  heading: string
  /** A whole program. */
  code: string
}

/** The examples of the README, by their headings. Those of the client start with the first one, which creates it. */
export async function readExamples (): Promise<Example[]> {
  const text = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const blocks = text.split(/^## /m).flatMap((section) => {
    const [heading = ''] = section.split('\n', 1)
    return [...section.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => ({ heading, code }))
  })
  const first = blocks[0]?.code ?? ''
  return blocks.map(({ heading, code }, index) => ({ heading, code: index === 0 ? code : `${first}\n${code}` }))
}
