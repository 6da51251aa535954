// The budget calculator of question 4. Its rules are those of whiteboard.architecture.scaling_laws;
// a browser test compares the two.

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

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

const number = (label, name, value, min, max) => {
  const input = element("input", {type: "number", name, value, min, max, step: "any",
    required: true, inputMode: "decimal"})
  return element("label", {className: "widget__field"}, label, input)
}

const build = root => {
  const {fits} = JSON.parse(root.querySelector("script").textContent)
  const form = element("form", {className: "widget__form"},
    number("Training budget, FLOPs", "compute", "5.76e23", 1e15, 1e30),
    number("Tokens to serve", "served", "0", 0, 1e18))
  form.setAttribute("aria-label", "Size and tokens of a training budget")
  const verdict = element("output", {className: "widget__result", name: "verdict"})
  verdict.setAttribute("aria-live", "polite")
  const rows = element("dl", {className: "widget__rows"})

  const cell = (value, text) => element("data", {value: String(value), textContent: text})

  const row = (fit, {parameters, tokens}) => rows.append(element("div", {},
    element("dt", {textContent: fit.name}),
    element("dd", {},
      cell(parameters, `${short.format(parameters)} parameters`), ", ",
      cell(tokens, `${short.format(tokens)} tokens`), ", ",
      cell(tokens / parameters, `${digits.format(tokens / parameters)} each`))))

  const show = () => {
    const wrong = [...form.elements].find(control => !control.validity.valid)
    for (const control of form.elements) control.setAttribute("aria-invalid", control === wrong)
    rows.hidden = Boolean(wrong)
    if (wrong) {
      const name = wrong.parentElement.firstChild.textContent
      verdict.textContent = `${name}: give a number from ${Number(wrong.min)} to ${Number(wrong.max)}.`
      return
    }
    const compute = form.elements.compute.valueAsNumber
    const served = form.elements.served.valueAsNumber
    const found = fits.map(fit => servingOptimum(fit, compute, served))
    const sizes = found.map(({parameters}) => parameters)
    verdict.textContent = `The fits differ by a factor of ${
      digits.format(Math.max(...sizes) / Math.min(...sizes))} in size.` + (served
      ? " Fits without a loss formula show the training optimum." : "")
    rows.replaceChildren()
    fits.forEach((fit, each) => row(fit, found[each]))
  }

  form.addEventListener("input", show)
  form.addEventListener("submit", event => event.preventDefault())
  root.append(form, verdict, rows)
  show()
  root.hidden = false
}

const root = globalThis.document?.getElementById("widget-scaling-laws")
if (root) build(root)
