import { InvalidArgumentError } from 'commander'

/** A parser of an option's value. */
export function wholeNumber (min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max) throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
    return value
  }
}
