// The KV-cache calculator of question 2. Its rules are whiteboard.architecture.published_caches.fit;
// a browser test compares the two.

// All results are whole bytes below 2 ** 53, where this arithmetic is exact.
export const fit = (data, choice) => {
  const model = data.models.find(each => each.name === choice.model)
  const cached = tokens => model.layers.reduce((sum, part) => sum
    + part.vectors * part.vector_bytes[choice.dtype] * Math.min(tokens, part.window ?? tokens), 0)
  const total = data.accelerators[choice.accelerator] * choice.devices
  const memory = Math.floor(total * (100 - choice.reserved) / 100)
  const weights = Math.floor(model.parameters * data.weight_bits[choice.weights] / 8)
  const sequence = cached(choice.tokens)
  return {
    bytes_per_token: cached(1),
    sequence_bytes: sequence,
    cache_bytes: sequence * choice.batch,
    weight_bytes: weights,
    free_bytes: memory - weights,
    largest_batch: Math.floor(Math.max(memory - weights, 0) / sequence),
  }
}

export const words = bytes => {
  const units = [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "bytes"]]
  const [size, unit] = units.find(([each]) => Math.abs(bytes) >= each) ?? [1, "bytes"]
  const digits = size === 1 ? {} : {minimumSignificantDigits: 3, maximumSignificantDigits: 3}
  return `${(bytes / size).toLocaleString("en-US", digits)} ${unit}`
}

const plain = number => number.toLocaleString("en-US")

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

const field = (label, control) => element("label", {className: "widget__field"}, label, control)

const select = (name, values, chosen) => element("select", {name},
  ...values.map(value => element("option", {value, textContent: value, selected: value === chosen})))

const number = (name, value, min, max) =>
  element("input", {type: "number", name, value, min, max, step: 1, required: true, inputMode: "numeric"})

const build = root => {
  const data = JSON.parse(root.querySelector("script").textContent)
  const longest = Math.max(...data.models.map(model => model.max_length))
  const form = element("form", {className: "widget__form"},
    field("Model", select("model", data.models.map(model => model.name), "Llama 3.1 70B")),
    field("Context, tokens", number("tokens", 8192, 1, longest)),
    field("Batch, sequences", number("batch", 32, 1, 10000)),
    field("Cache in", select("dtype", data.dtypes, "bf16")),
    field("Accelerator", select("accelerator", Object.keys(data.accelerators), "H100 80 GB")),
    field("Accelerators", number("devices", 8, 1, 72)),
    field("Weights in", select("weights", Object.keys(data.weight_bits), "bf16")),
    field("Memory kept free, %", number("reserved", 0, 0, 90)))
  form.setAttribute("aria-label", "KV-cache calculator")
  const verdict = element("output", {className: "widget__result", name: "verdict"})
  verdict.setAttribute("aria-live", "polite")
  const rows = element("dl", {className: "widget__rows"})

  const row = (name, bytes) => {
    const value = element("data", {value: String(bytes), textContent: words(bytes)})
    rows.append(element("div", {}, element("dt", {textContent: name}), element("dd", {}, value)))
  }

  const show = () => {
    const wrong = [...form.elements].find(control => !control.validity.valid)
    for (const control of form.elements) control.setAttribute("aria-invalid", control === wrong)
    rows.hidden = Boolean(wrong)
    if (wrong) {
      const name = wrong.parentElement.firstChild.textContent
      verdict.textContent = `${name}: give a whole number from ${plain(Number(wrong.min))} to ${plain(Number(wrong.max))}.`
      return
    }
    const choice = Object.fromEntries(new FormData(form))
    for (const name of ["tokens", "batch", "devices", "reserved"]) choice[name] = Number(choice[name])
    const model = data.models.find(each => each.name === choice.model)
    const found = fit(data, choice)
    const says = found.free_bytes <= 0
      ? `The weights alone do not fit: ${words(-found.free_bytes)} too many.`
      : `Largest batch that fits: ${plain(found.largest_batch)}. Batch ${plain(choice.batch)} ${
        choice.batch <= found.largest_batch ? "fits" : "does not fit"}.`
    const beyond = choice.tokens > model.max_length
      ? ` ${model.name} is made for at most ${plain(model.max_length)} tokens.` : ""
    verdict.textContent = says + beyond
    rows.replaceChildren()
    row(`First token, ${model.kind}`, found.bytes_per_token)
    row(`One sequence of ${plain(choice.tokens)} tokens`, found.sequence_bytes)
    row(`Cache of batch ${plain(choice.batch)}`, found.cache_bytes)
    row("Weights", found.weight_bytes)
    row("Left for the cache", found.free_bytes)
  }

  form.addEventListener("input", show)
  form.addEventListener("submit", event => event.preventDefault())
  root.append(form, verdict, rows)
  show()
  root.hidden = false
}

const root = globalThis.document?.getElementById("widget-kv-cache")
if (root) build(root)
