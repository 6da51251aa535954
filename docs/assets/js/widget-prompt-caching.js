// The break-even calculator of question 13. Its rules are
// whiteboard.architecture.caching_break_even.bill; a browser test compares the two.

import {calculator, cell, field, number, row, select} from "./calculator.js"

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

const listed = (data, name) => {
  const price = data.prices.find(({model}) => model === name)
  return {...price, write: price.cache_write / price.input, read: price.cache_read / price.input}
}

calculator("widget-prompt-caching", data => {
  const models = data.prices.map(({model}) => model)
  const choice = select("model", models, models[0])
  const first = listed(data, models[0])
  choice.addEventListener("input", () => {
    const price = listed(data, choice.value)
    for (const name of ["write", "read", "lifetime"]) choice.form.elements[name].value = price[name]
  })
  return {
    label: "Break-even calculator for prompt caching",
    fields: [
      field(`Price list of ${data.seen}`, choice),
      field("Write, times the input price", number("write", first.write, 1, 10, "any")),
      field("Read, times the input price", number("read", first.read, 0, 0.99, "any")),
      field("Lifetime, minutes", number("lifetime", first.lifetime, 1, 1440, "any")),
      field("Prefix, tokens", number("prefix", 10000, 1, 1000000)),
      field("Further input, tokens", number("fresh", 500, 0, 1000000)),
      field("Answer, tokens", number("output", 500, 0, 1000000)),
      field("Requests an hour", number("requests", 60, 1, 1000000)),
      field("Same prefix, % of requests", number("same", 100, 0, 100, "any"))],
    answer: elements => {
      const given = Object.fromEntries([...elements].map(({name, valueAsNumber}) => [name, valueAsNumber]))
      const base = listed(data, choice.value)
      const price = {...base, lifetime: given.lifetime,
        cache_write: given.write * base.input, cache_read: given.read * base.input}
      const found = bill(price, {...given, same: given.same / 100})
      const verdict = given.prefix < base.minimum
        ? `Nothing is cached: ${base.model} keeps no prefix under ${plainNumber(base.minimum)} tokens.`
        : found.saved > 0 ? `Caching saves ${percent(found.saved)} of the bill.`
          : found.saved < 0 ? `Caching costs ${percent(-found.saved)} more.`
            : "Caching changes nothing."
      return {verdict, rows: [
        row("Requests that hit", cell(found.hit_rate, percent(found.hit_rate))),
        row("Hits from which it pays, storage apart", cell(found.needed, percent(found.needed))),
        row("An hour without a cache", cell(found.plain, dollars(found.plain))),
        row("An hour with it", cell(found.cached, dollars(found.cached)))]}
    },
  }
})
