import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildScripts, buildTypes } from './build-package.ts'

const outdir = join(import.meta.dirname, '../dist')
await rm(outdir, { recursive: true, force: true })
await Promise.all([buildScripts(outdir), buildTypes(outdir)])
