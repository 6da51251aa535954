// The roofline calculator of the page on sharded training. Its rules are those of
// whiteboard.architecture.roofline.plan; a browser test compares the two.

const ring = (size, devices) => size * (devices - 1) / devices

const INNER = ["tensor", "expert", "fsdp", "data"]

const speed = (chip, sizes, axis) => {
  const reach = INNER.slice(0, INNER.indexOf(axis) + 1).reduce((all, each) => all * sizes[each], 1)
  return reach <= chip.domain ? chip.link / 2 : chip.network
}

// Bytes on a chip, and seconds of each roof. `sizes` holds data, fsdp, tensor and expert.
export const plan = (model, chip, sizes, {sequences, length, microbatches}) => {
  const {data, fsdp, tensor, expert} = sizes
  const {hidden_size: width, num_layers: layers, vocab_size: vocabulary} = model
  const tokens = sequences * length
  const here = tokens / (data * fsdp * expert * microbatches)
  const dense = model.dense / tensor
  const whole = dense + model.experts / expert
  const tables = 2 * vocabulary * width / tensor
  const attention = 6 * layers * model.width * length
  const flops = (6 * model.active + attention) * tokens * 4 / 3
  const passes = 6 * layers * microbatches
  const row = 2 * here * width
  const sent = {
    data: ring(2 * whole / fsdp, data) * 2,
    fsdp: ring(2 * whole, fsdp) * 3 * microbatches,
    tensor: ring(row, tensor) * 2 * passes,
    expert: ring(row * model.top_k, expert) * passes * (model.num_experts > 1)
      + ring(2 * dense / fsdp, expert) * 2,
  }
  const own = 16 * whole / fsdp
  const chips = data * fsdp * tensor * expert
  return {
    state: own,
    gathered: 2 * ((whole - tables) / layers + tables),
    activations: row * layers + 4 * here * vocabulary / tensor,
    compute: flops / (chips * chip.flops),
    reading: (2 * whole * 4 * microbatches + 1.75 * own) / chip.bandwidth,
    collectives: Object.fromEntries(
      Object.keys(sent).map(axis => [axis, sent[axis] / speed(chip, sizes, axis)])),
  }
}

// What makes a choice impossible, in words; empty when nothing does.
export const problem = (model, sizes, {sequences, microbatches}) => {
  const rows = sizes.data * sizes.fsdp * sizes.expert * microbatches
  if (sequences % rows) return `Sequences: give a multiple of ${rows}, data x fsdp x expert x microbatches.`
  if (model.num_experts === 1 && sizes.expert > 1) return `${model.name} is dense: leave expert at 1.`
  if (model.num_experts % sizes.expert) return `expert: give a divisor of ${model.num_experts}.`
  return ""
}

const digits = new Intl.NumberFormat("en-US", {maximumSignificantDigits: 3})
const gigabytes = bytes => `${digits.format(bytes / 1e9)} GB`
const seconds = time => time >= 1 || !time
  ? `${digits.format(time)} s` : `${digits.format(time * 1e3)} ms`

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

const AXES = ["data", "fsdp", "tensor", "expert"]
const NUMBERS = ["sequences", "length", "microbatches"]

const build = root => {
  const {models, accelerators} = JSON.parse(root.querySelector("script").textContent)
  const names = list => list.map(each => each.name)
  const form = element("form", {className: "widget__form"},
    field("Model", select("model", names(models), "Llama 3.1 70B")),
    field("Chip", select("chip", names(accelerators), "H100 80 GB")),
    ...AXES.map(axis => field(`Devices along ${axis}`,
      number(axis, {fsdp: 8, tensor: 8}[axis] ?? 1, 1, 65536))),
    field("Sequences in the batch", number("sequences", 64, 1, 1e6)),
    field("Tokens of a sequence", number("length", 4096, 1, 1e7)),
    field("Microbatches", number("microbatches", 1, 1, 1024)))
  form.setAttribute("aria-label", "Roofline of a training step")
  const verdict = element("output", {className: "widget__result", name: "verdict"})
  verdict.setAttribute("aria-live", "polite")
  const rows = element("dl", {className: "widget__rows"})

  const row = (name, value, text) => rows.append(element("div", {}, element("dt", {textContent: name}),
    element("dd", {}, element("data", {value: String(value), textContent: text}))))

  const refuse = (control, says) => {
    for (const each of form.elements) each.setAttribute("aria-invalid", each === control)
    verdict.textContent = says
    rows.hidden = Boolean(says)
  }

  const show = () => {
    const wrong = [...form.elements].find(control => !control.validity.valid)
    if (wrong) {
      const name = wrong.parentElement.firstChild.textContent
      refuse(wrong, `${name}: give a whole number from ${wrong.min} to ${Number(wrong.max).toLocaleString("en-US")}.`)
      return
    }
    // By namedItem: `elements.length` is the number of controls.
    const value = name => form.elements.namedItem(name).valueAsNumber
    const model = models.find(each => each.name === form.elements.model.value)
    const chip = accelerators.find(each => each.name === form.elements.chip.value)
    const sizes = Object.fromEntries(AXES.map(axis => [axis, value(axis)]))
    const batch = Object.fromEntries(NUMBERS.map(name => [name, value(name)]))
    const says = problem(model, sizes, batch)
    refuse(says && form.elements[says.startsWith("Sequences") ? "sequences" : "expert"], says)
    if (says) return
    const found = plan(model, chip, sizes, batch)
    const memory = found.state + found.gathered + found.activations
    const roofs = [["arithmetic", found.compute], ["the chip's own memory", found.reading],
      ...AXES.map(axis => [`the ${axis} axis`, found.collectives[axis]])]
    const [bound, longest] = roofs.reduce((a, b) => b[1] > a[1] ? b : a)
    const chips = AXES.reduce((all, axis) => all * sizes[axis], 1)
    verdict.textContent = `${chips.toLocaleString("en-US")} chips. `
      + (memory > chip.memory ? `It does not fit: ${gigabytes(memory)} of ${gigabytes(chip.memory)}. `
        : `It fits: ${gigabytes(memory)} of ${gigabytes(chip.memory)}. `)
      + `Bound by ${bound}: at least ${seconds(longest)} a step.`
    rows.replaceChildren()
    row("Weights, gradients, moments", found.state, gigabytes(found.state))
    row("bf16 weights in use", found.gathered, gigabytes(found.gathered))
    row("Activations", found.activations, gigabytes(found.activations))
    row("Arithmetic", found.compute, seconds(found.compute))
    row("The chip's own memory", found.reading, seconds(found.reading))
    for (const axis of AXES) {
      row(`Sending along ${axis}`, found.collectives[axis], seconds(found.collectives[axis]))
    }
  }

  form.addEventListener("input", show)
  form.addEventListener("submit", event => event.preventDefault())
  root.append(form, verdict, rows)
  show()
  root.hidden = false
}

const root = globalThis.document?.getElementById("widget-sharding")
if (root) build(root)
