import { everyone } from './everyone.ts'
import { killed } from './killed.ts'
import { outage } from './outage.ts'
import type { Proof } from './proof.ts'
import { controlled } from './controlled.ts'

/** In the order in which they run. */
export const proofs: Proof[] = [everyone, killed, outage, controlled]
