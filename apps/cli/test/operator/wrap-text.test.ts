import t from 'tap'
import { wrapText } from '../../src/operator/wrap-text.ts'

t.same(wrapText('One two three four', { width: 9 }), ['One two', 'three', 'four'], 'breaks between words')
t.same(wrapText('One two', { width: 9, indent: '   ' }), ['   One', '   two'], 'counts the indent')
t.same(wrapText('Run `carillon status` now', { width: 12 }), ['Run', '`carillon status`', 'now'], 'does not break a command')
t.same(wrapText('It’s ` odd', { width: 5 }), ['It’s', '` odd'], 'reads a lonely backtick as a word')
t.same(wrapText('  '), [], 'has no line for an empty text')
