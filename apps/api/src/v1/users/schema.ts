import { Type } from 'typebox'
import { userIdField } from '../../input/fields.ts'

export const userParams = Type.Object({ userId: userIdField })
