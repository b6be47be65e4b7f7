export { cleanName, nameFault, shownName } from './names.ts'
