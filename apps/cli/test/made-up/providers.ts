/** The providers that exist only in this folder. A line adds one. */
export * as parrot from './parrot/index.ts'
