// The break-even calculator of question 13. Its rules are
// whiteboard.architecture.caching_break_even.bill; a browser test compares the two.

// `price` and `traffic` have the fields of TokenPrice and Traffic; money in USD an hour.
export const bill = (price, traffic) => {
  const {requests, prefix, fresh, output, same} = traffic
  const alive = -Math.expm1(-same * requests * price.lifetime / 60)
  const cacheable = prefix >= price.minimum
  const hits = cacheable ? same * alive : 0
  const rest = requests * (fresh * price.input + output * price.output)
  const plain = requests * prefix * price.input + rest
  let cached = plain
  if (cacheable) {
    const token = hits * price.cache_read + (1 - hits) * price.cache_write
    const kept = alive + (1 - same) * requests * price.lifetime / 60
    cached = prefix * (requests * token + kept * price.storage) + rest
  }
  const write = price.cache_write / price.input
  return {
    hit_rate: hits,
    needed: (write - 1) / (write - price.cache_read / price.input),
    plain: plain / 1e6,
    cached: cached / 1e6,
    saved: 1 - cached / plain,
  }
}

const percent = share => `${(100 * share).toFixed(1)}%`

const dollars = amount => `$${amount.toLocaleString("en-US",
  amount < 1 ? {minimumSignificantDigits: 3, maximumSignificantDigits: 3}
    : {minimumFractionDigits: 2, maximumFractionDigits: 2})}`

const plainNumber = number => number.toLocaleString("en-US", {maximumFractionDigits: 6})

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

const field = (label, control) => element("label", {className: "widget__field"}, label, control)

const number = (name, value, min, max, step = "1") =>
  element("input", {type: "number", name, value, min, max, step, required: true,
    inputMode: step === "1" ? "numeric" : "decimal"})

const build = root => {
  const data = JSON.parse(root.querySelector("script").textContent)
  const choice = element("select", {name: "model"}, ...data.prices.map(({model}) =>
    element("option", {value: model, textContent: model})))
  const form = element("form", {className: "widget__form"},
    field(`Price list of ${data.seen}`, choice),
    field("Write, times the input price", number("write", 1.25, 1, 10, "any")),
    field("Read, times the input price", number("read", 0.1, 0, 0.99, "any")),
    field("Lifetime, minutes", number("lifetime", 5, 1, 1440, "any")),
    field("Prefix, tokens", number("prefix", 10000, 1, 1000000)),
    field("Further input, tokens", number("fresh", 500, 0, 1000000)),
    field("Answer, tokens", number("output", 500, 0, 1000000)),
    field("Requests an hour", number("requests", 60, 1, 1000000)),
    field("Same prefix, % of requests", number("same", 100, 0, 100, "any")))
  form.setAttribute("aria-label", "Break-even calculator for prompt caching")
  const verdict = element("output", {className: "widget__result", name: "verdict"})
  verdict.setAttribute("aria-live", "polite")
  const rows = element("dl", {className: "widget__rows"})

  const row = (name, value, text) => rows.append(element("div", {},
    element("dt", {textContent: name}),
    element("dd", {}, element("data", {value: String(value), textContent: text}))))

  const listed = () => data.prices.find(({model}) => model === choice.value)

  const take = () => {
    const price = listed()
    form.elements.write.value = price.cache_write / price.input
    form.elements.read.value = price.cache_read / price.input
    form.elements.lifetime.value = price.lifetime
  }

  const show = () => {
    const wrong = [...form.elements].find(control => !control.validity.valid)
    for (const control of form.elements) control.setAttribute("aria-invalid", control === wrong)
    rows.hidden = Boolean(wrong)
    if (wrong) {
      const name = wrong.parentElement.firstChild.textContent
      const kind = wrong.step === "1" ? "a whole number" : "a number"
      verdict.textContent =
        `${name}: give ${kind} from ${plainNumber(Number(wrong.min))} to ${plainNumber(Number(wrong.max))}.`
      return
    }
    const given = Object.fromEntries([...form.elements]
      .filter(control => control.type === "number").map(({name, value}) => [name, Number(value)]))
    const base = listed()
    const price = {...base, lifetime: given.lifetime,
      cache_write: given.write * base.input, cache_read: given.read * base.input}
    const found = bill(price, {...given, same: given.same / 100})
    verdict.textContent = given.prefix < base.minimum
      ? `Nothing is cached: ${base.model} keeps no prefix under ${plainNumber(base.minimum)} tokens.`
      : found.saved > 0 ? `Caching saves ${percent(found.saved)} of the bill.`
        : found.saved < 0 ? `Caching costs ${percent(-found.saved)} more.`
          : "Caching changes nothing."
    rows.replaceChildren()
    row("Requests that hit", found.hit_rate, percent(found.hit_rate))
    row("Hits from which it pays, storage apart", found.needed, percent(found.needed))
    row("An hour without a cache", found.plain, dollars(found.plain))
    row("An hour with it", found.cached, dollars(found.cached))
  }

  choice.addEventListener("input", take)
  form.addEventListener("input", show)
  form.addEventListener("submit", event => event.preventDefault())
  root.append(form, verdict, rows)
  take()
  show()
  root.hidden = false
}

const root = globalThis.document?.getElementById("widget-prompt-caching")
if (root) build(root)
