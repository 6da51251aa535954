// The KV-cache calculator of question 2. Its rules are whiteboard.architecture.published_caches.fit;
// a browser test compares the two.

import {calculator, cell, field, number, row, select} from "./calculator.js"

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

calculator("widget-kv-cache", data => ({
  label: "KV-cache calculator",
  fields: [
    field("Model", select("model", data.models.map(model => model.name), "Llama 3.1 70B")),
    field("Context, tokens",
      number("tokens", 8192, 1, Math.max(...data.models.map(model => model.max_length)))),
    field("Batch, sequences", number("batch", 32, 1, 10000)),
    field("Cache in", select("dtype", data.dtypes, "bf16")),
    field("Accelerator", select("accelerator", Object.keys(data.accelerators), "H100 80 GB")),
    field("Accelerators", number("devices", 8, 1, 72)),
    field("Weights in", select("weights", Object.keys(data.weight_bits), "bf16")),
    field("Memory kept free, %", number("reserved", 0, 0, 90))],
  answer: elements => {
    const choice = Object.fromEntries([...elements].map(control =>
      [control.name, control.type === "number" ? control.valueAsNumber : control.value]))
    const model = data.models.find(each => each.name === choice.model)
    const found = fit(data, choice)
    const says = found.free_bytes <= 0
      ? `The weights alone do not fit: ${words(-found.free_bytes)} too many.`
      : `Largest batch that fits: ${plain(found.largest_batch)}. Batch ${plain(choice.batch)} ${
        choice.batch <= found.largest_batch ? "fits" : "does not fit"}.`
    const beyond = choice.tokens > model.max_length
      ? ` ${model.name} is made for at most ${plain(model.max_length)} tokens.` : ""
    const rows = [
      [`First token, ${model.kind}`, found.bytes_per_token],
      [`One sequence of ${plain(choice.tokens)} tokens`, found.sequence_bytes],
      [`Cache of batch ${plain(choice.batch)}`, found.cache_bytes],
      ["Weights", found.weight_bytes],
      ["Left for the cache", found.free_bytes]]
    return {verdict: says + beyond, rows: rows.map(([name, bytes]) => row(name, cell(bytes, words(bytes))))}
  },
}))
