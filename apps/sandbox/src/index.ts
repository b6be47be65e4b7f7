export { openSandbox } from './sandbox.ts'
export type { SandboxOptions } from './sandbox.ts'
