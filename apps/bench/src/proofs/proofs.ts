import { everyone } from './everyone.ts'
import { killed } from './killed.ts'
import { outage } from './outage.ts'
import type { Proof } from './proof.ts'
import { steered } from './steered.ts'

/** In the order they are run. */
export const proofs: Proof[] = [everyone, killed, outage, steered]
