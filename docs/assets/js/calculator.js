// What the site's calculators share: the fields, the verdict that is read out, the rows of results,
// and the sentence on a field whose value cannot be used.

export const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

export const field = (label, control) =>
  element("label", {className: "widget__field"}, label, control)

// `values` are words, or pairs of value and words.
export const select = (name, values, chosen) => element("select", {name}, ...values.map(each => {
  const [value, textContent] = Array.isArray(each) ? each : [each, each]
  return element("option", {value, textContent, selected: value === chosen})
}))

export const number = (name, value, min, max, step = "1") =>
  element("input", {type: "number", name, value, min, max, step, required: true,
    inputMode: step === "1" ? "numeric" : "decimal"})

export const cell = (value, textContent) => element("data", {value: String(value), textContent})

export const row = (name, ...cells) =>
  element("div", {}, element("dt", {textContent: name}), element("dd", {}, ...cells))

const limit = value => {
  const bound = Number(value)
  return bound < 1e12 ? bound.toLocaleString("en-US", {maximumFractionDigits: 6}) : String(bound)
}

const unusable = form => {
  const wrong = [...form.elements].find(control => !control.validity.valid)
  if (!wrong) return null
  const label = wrong.parentElement.firstChild.textContent
  const kind = wrong.step === "1" ? "a whole number" : "a number"
  return {wrong, verdict: `${label}: give ${kind} from ${limit(wrong.min)} to ${limit(wrong.max)}.`}
}

// Fill the element `id`, if the page has it. `make(data)` gives the form's `label`, its `fields`, and
// `answer(elements)`: the `verdict` and `rows` for what is filled in, or what is `wrong` and why.
export const calculator = (id, make) => {
  const root = globalThis.document?.getElementById(id)
  if (!root) return
  const {label, fields, answer} = make(JSON.parse(root.querySelector("script").textContent))
  const form = element("form", {className: "widget__form"}, ...fields)
  form.setAttribute("aria-label", label)
  const says = element("output", {className: "widget__result", name: "verdict"})
  says.setAttribute("aria-live", "polite")
  const results = element("dl", {className: "widget__rows"})

  const show = () => {
    const {verdict, rows = [], wrong} = unusable(form) ?? answer(form.elements)
    for (const control of form.elements) control.setAttribute("aria-invalid", control === wrong)
    says.textContent = verdict
    results.hidden = Boolean(wrong)
    results.replaceChildren(...rows)
  }

  form.addEventListener("input", show)
  form.addEventListener("submit", event => event.preventDefault())
  root.append(form, says, results)
  show()
  root.hidden = false
}
