export { sweepBudgets, takeBudget } from './budgets.ts'
export type { Budget } from './budgets.ts'
