// The roofline calculator of the page on sharded training. Its rules are those of
// whiteboard.architecture.roofline.plan; a browser test compares the two.

import {calculator, cell, field, number, row, select} from "./calculator.js"

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

const AXES = ["data", "fsdp", "tensor", "expert"]
const NUMBERS = ["sequences", "length", "microbatches"]

const rowsOf = found => [
  ["Weights, gradients, moments", found.state, gigabytes],
  ["bf16 weights in use", found.gathered, gigabytes],
  ["Activations", found.activations, gigabytes],
  ["Arithmetic", found.compute, seconds],
  ["The chip's own memory", found.reading, seconds],
  ...AXES.map(axis => [`Sending along ${axis}`, found.collectives[axis], seconds]),
].map(([name, value, words]) => row(name, cell(value, words(value))))

const verdictOf = (found, chip, chips) => {
  const memory = found.state + found.gathered + found.activations
  const roofs = [["arithmetic", found.compute], ["the chip's own memory", found.reading],
    ...AXES.map(axis => [`the ${axis} axis`, found.collectives[axis]])]
  const [bound, longest] = roofs.reduce((a, b) => b[1] > a[1] ? b : a)
  return `${chips.toLocaleString("en-US")} chips. `
    + `It ${memory > chip.memory ? "does not fit" : "fits"}: ${gigabytes(memory)} of ${gigabytes(chip.memory)}. `
    + `Bound by ${bound}: at least ${seconds(longest)} a step.`
}

calculator("widget-sharding", ({models, accelerators}) => ({
  label: "Roofline of a training step",
  fields: [
    field("Model", select("model", models.map(each => each.name), "Llama 3.1 70B")),
    field("Chip", select("chip", accelerators.map(each => each.name), "H100 80 GB")),
    ...AXES.map(axis => field(`Devices along ${axis}`,
      number(axis, {fsdp: 8, tensor: 8}[axis] ?? 1, 1, 65536))),
    field("Sequences in the batch", number("sequences", 64, 1, 1e6)),
    field("Tokens of a sequence", number("length", 4096, 1, 1e7)),
    field("Microbatches", number("microbatches", 1, 1, 1024))],
  answer: elements => {
    // By namedItem: `elements.length` is the number of controls.
    const value = name => elements.namedItem(name).valueAsNumber
    const model = models.find(each => each.name === elements.model.value)
    const chip = accelerators.find(each => each.name === elements.chip.value)
    const sizes = Object.fromEntries(AXES.map(axis => [axis, value(axis)]))
    const batch = Object.fromEntries(NUMBERS.map(name => [name, value(name)]))
    const says = problem(model, sizes, batch)
    if (says) return {verdict: says, wrong: elements[says.startsWith("Sequences") ? "sequences" : "expert"]}
    const found = plan(model, chip, sizes, batch)
    const chips = AXES.reduce((all, axis) => all * sizes[axis], 1)
    return {verdict: verdictOf(found, chip, chips), rows: rowsOf(found)}
  },
}))
