// The budget calculator of question 4. Its rules are those of whiteboard.architecture.scaling_laws;
// a browser test compares the two.

import {calculator, cell, field, number, row} from "./calculator.js"

// `fit` is a row of the data: a power law (compute, num_parameters, exponent) or L(N, D).
export const optimum = (fit, compute) => {
  const {A, alpha, B, beta} = fit
  const both = alpha + beta
  const parameters = fit.exponent === undefined
    ? (alpha * A / (beta * B)) ** (1 / both) * (compute / 6) ** (beta / both)
    : fit.num_parameters * (compute / fit.compute) ** fit.exponent
  return {parameters, tokens: compute / (6 * parameters)}
}

// The cheapest model, training and serving, of the loss that `compute` reaches at its best.
export const servingOptimum = (fit, compute, served) => {
  const best = optimum(fit, compute)
  if (!served || fit.exponent !== undefined) return best
  const {A, alpha, B, beta} = fit
  const left = A / best.parameters ** alpha + B / best.tokens ** beta
  const tokens = size => (B / (left - A / size ** alpha)) ** (1 / beta)
  let low = Math.log(A / left) / alpha, high = Math.log(best.parameters)
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2, size = Math.exp(middle), needed = tokens(size)
    const bySize = alpha * A / size ** alpha
    const byTokens = beta * B / needed ** beta * (1 + served / (3 * needed))
    if (bySize > byTokens) low = middle
    else high = middle
  }
  const parameters = Math.exp(high)
  return {parameters, tokens: tokens(parameters)}
}

const short = new Intl.NumberFormat("en-US", {notation: "compact", maximumSignificantDigits: 3})
const digits = new Intl.NumberFormat("en-US", {maximumSignificantDigits: 3})

const of = (fit, {parameters, tokens}) => row(fit.name,
  cell(parameters, `${short.format(parameters)} parameters`), ", ",
  cell(tokens, `${short.format(tokens)} tokens`), ", ",
  cell(tokens / parameters, `${digits.format(tokens / parameters)} each`))

calculator("widget-scaling-laws", ({fits}) => ({
  label: "Size and tokens of a training budget",
  fields: [
    field("Training budget, FLOPs", number("compute", "5.76e23", 1e15, 1e30, "any")),
    field("Tokens to serve", number("served", "0", 0, 1e18, "any"))],
  answer: elements => {
    const compute = elements.compute.valueAsNumber, served = elements.served.valueAsNumber
    const found = fits.map(fit => servingOptimum(fit, compute, served))
    const sizes = found.map(({parameters}) => parameters)
    const factor = digits.format(Math.max(...sizes) / Math.min(...sizes))
    return {
      verdict: `The fits differ by a factor of ${factor} in size.`
        + (served ? " Fits without a loss formula show the training optimum." : ""),
      rows: fits.map((fit, each) => of(fit, found[each])),
    }
  },
}))
