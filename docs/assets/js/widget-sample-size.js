// The sample-size calculator of question 17. Its rules are
// whiteboard.retrieval.sample_size.queries_for; a browser test compares the two.

// Shares from 0 to 1; `z` and `zPower` are the normal quantiles of confidence and power.
export const queriesFor = ({rate, difference, disagree, spread, z, zPower}) => {
  const raised = rate + difference
  const variance = rate * (1 - rate) + raised * (1 - raised)
  const disagreeing = z * Math.sqrt(disagree) + zPower * Math.sqrt(disagree - difference ** 2)
  const needed = {
    interval: z ** 2 * rate * (1 - rate) / difference ** 2,
    separate: (z + zPower) ** 2 * variance / difference ** 2,
    paired: (disagreeing / difference) ** 2,
    graded: ((z + zPower) * spread / difference) ** 2,
  }
  return Object.fromEntries(
    Object.entries(needed).map(([name, value]) => [name, Math.ceil(value - 1e-9)]))
}

const percent = share => `${Math.round(1000 * share) / 10}%`

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

const field = (label, control) => element("label", {className: "widget__field"}, label, control)

const number = (name, value, min, max) =>
  element("input", {type: "number", name, value, min, max, step: "any", required: true,
    inputMode: "decimal"})

const choice = (name, options, chosen) => {
  const select = element("select", {name}, ...options.map(({share, z}) =>
    element("option", {value: String(z), textContent: percent(share)})))
  select.selectedIndex = chosen
  return select
}

const build = root => {
  const data = JSON.parse(root.querySelector("script").textContent)
  const form = element("form", {className: "widget__form"},
    field("Hit rate now, %", number("rate", 60, 0, 100)),
    field("Least difference that matters, points", number("difference", 5, 0.1, 100)),
    field("Queries on which the two disagree, %", number("disagree", 20, 0.1, 100)),
    field("Standard deviation of nDCG differences, points", number("spread", 30, 0.1, 100)),
    field("Confidence", choice("z", data.confidences, 1)),
    field("Power", choice("zPower", data.powers, 0)))
  form.setAttribute("aria-label", "How many labelled queries a difference needs")
  const verdict = element("output", {className: "widget__result", name: "verdict"})
  verdict.setAttribute("aria-live", "polite")
  const rows = element("dl", {className: "widget__rows"})

  const row = (name, value) => rows.append(element("div", {},
    element("dt", {textContent: name}),
    element("dd", {}, element("data",
      {value: String(value), textContent: value.toLocaleString("en-US")}))))

  const problem = given => {
    const wrong = [...form.elements].find(control => !control.validity.valid)
    const name = wrong?.parentElement.firstChild.textContent
    if (wrong) return [wrong, `${name}: give a number from ${wrong.min} to ${wrong.max}.`]
    if (given.disagree < given.difference) {
      return [form.elements.disagree,
        "The rates differ only where the systems disagree: give more disagreement, or less difference."]
    }
    if (given.rate + given.difference > 100) {
      return [form.elements.rate, "The hit rate cannot rise by that much: give less of one of the two."]
    }
    return []
  }

  const show = () => {
    const given = Object.fromEntries(
      [...form.elements].map(({name, value}) => [name, Number(value)]))
    const [wrong, message] = problem(given)
    for (const control of form.elements) control.setAttribute("aria-invalid", control === wrong)
    rows.hidden = Boolean(wrong)
    if (wrong) {
      verdict.textContent = message
      return
    }
    const found = queriesFor({...given, rate: given.rate / 100, difference: given.difference / 100,
      disagree: given.disagree / 100, spread: given.spread / 100})
    const points = `${given.difference} ${given.difference === 1 ? "point" : "points"}`
    verdict.textContent =
      `${found.paired.toLocaleString("en-US")} queries, asked of both systems, for ${points} of hit rate.`
    rows.replaceChildren()
    row("Hit rates, same queries (McNemar)", found.paired)
    row("Hit rates, separate sets, each", found.separate)
    row("nDCG, same queries", found.graded)
    row(`One hit rate, to ±${points}`, found.interval)
  }

  form.addEventListener("input", show)
  form.addEventListener("submit", event => event.preventDefault())
  root.append(form, verdict, rows)
  show()
  root.hidden = false
}

const root = globalThis.document?.getElementById("widget-sample-size")
if (root) build(root)
