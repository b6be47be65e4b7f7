export { cleanName, nameFault, sanitizeText } from './names.ts'
