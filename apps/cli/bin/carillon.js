#!/usr/bin/env node

// Newer Nodes run TypeScript by themselves; for others tsx does.
if (!process.features.typescript) {
  const { register } = await import('tsx/esm/api')
  register()
}
await import('../src/main.ts')
