// The sample-size calculator of question 17. Its rules are
// whiteboard.evaluation.sample_size.queries_for; a browser test compares the two.

import {calculator, cell, field, number, row, select} from "./calculator.js"

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

const plain = value => value.toLocaleString("en-US")

const any = (name, value, min) => number(name, value, min, 100, "any")

const choice = (name, options, chosen) => select(name,
  options.map(({share, z}) => [String(z), percent(share)]), String(options[chosen].z))

const problem = (given, elements) => {
  if (given.disagree < given.difference) {
    return {wrong: elements.disagree, verdict:
      "The rates differ only where the systems disagree: give more disagreement, or less difference."}
  }
  if (given.rate + given.difference > 100) {
    return {wrong: elements.rate,
      verdict: "The hit rate cannot rise by that much: give less of one of the two."}
  }
  return null
}

const answer = elements => {
  const given = Object.fromEntries([...elements].map(({name, value}) => [name, Number(value)]))
  const refused = problem(given, elements)
  if (refused) return refused
  const found = queriesFor({...given, rate: given.rate / 100, difference: given.difference / 100,
    disagree: given.disagree / 100, spread: given.spread / 100})
  const points = `${given.difference} ${given.difference === 1 ? "point" : "points"}`
  const rows = [
    ["Hit rates, same queries (McNemar)", found.paired],
    ["Hit rates, separate sets, each", found.separate],
    ["nDCG, same queries", found.graded],
    [`One hit rate, to ±${points}`, found.interval]]
  return {verdict: `${plain(found.paired)} queries, asked of both systems, for ${points} of hit rate.`,
    rows: rows.map(([name, count]) => row(name, cell(count, plain(count))))}
}

calculator("widget-sample-size", data => ({
  label: "How many labelled queries a difference needs",
  fields: [
    field("Hit rate now, %", any("rate", 60, 0)),
    field("Least difference that matters, points", any("difference", 5, 0.1)),
    field("Queries on which the two disagree, %", any("disagree", 20, 0.1)),
    field("Standard deviation of nDCG differences, points", any("spread", 30, 0.1)),
    field("Confidence", choice("z", data.confidences, 1)),
    field("Power", choice("zPower", data.powers, 0))],
  answer,
}))
