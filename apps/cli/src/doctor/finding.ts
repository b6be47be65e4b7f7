/** The result of one check. */
export interface Finding {
  level: 'ok' | 'warning' | 'error'
  /** A variable, a store, a provider: what the check is about. */
  subject: string
  explanation: string
  /** What to do. Absent when the check is ok. */
  nextStep?: string
}

export function ok (subject: string, explanation: string): Finding {
  return { level: 'ok', subject, explanation }
}

export function warning (subject: string, explanation: string, nextStep: string): Finding {
  return { level: 'warning', subject, explanation, nextStep }
}

export function fault (subject: string, explanation: string, nextStep: string): Finding {
  return { level: 'error', subject, explanation, nextStep }
}
