import { writeFile } from 'node:fs/promises'
import { envExample } from './env-example.ts'

/** Run `npm run env-example -w @carillon/shared` after a change of `variables.ts`. */
await writeFile(new URL('../../../../.env.example', import.meta.url), envExample())
