import { writeFile } from 'node:fs/promises'
import { envExample } from './env-example.ts'

/** `npm run env-example -w @carillon/shared`: run it when `variables.ts` has changed. */
await writeFile(new URL('../../../../.env.example', import.meta.url), envExample())
