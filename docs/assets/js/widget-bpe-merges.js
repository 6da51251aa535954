// The merge stepper of question 3. Its rules are whiteboard.architecture.byte_pair_encoding's
// merge_steps over pre_tokenizer's words; a browser test compares the two.

import {element} from "./calculator.js"

// Python's pattern: Unicode's White_Space, letters L*, digits N*, each digit a word of its own.
const SPACE = "\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
const WORD = new RegExp(`'(?:[sdmt]|ll|ve|re)| ?\\p{L}+|\\p{N}| ?[^${SPACE}\\p{L}\\p{N}]+`
  + `|[${SPACE}]+(?![^${SPACE}\\p{N}])|[${SPACE}]+`, "gu")

const hex = byte => byte.toString(16).padStart(2, "0")

export const words = text => text.match(WORD) ?? []

// Every state from single bytes to tokens: the words' pieces as hex, and the merge that led there.
export const steps = (text, merges) => {
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]))
  const state = words(text).map(word => Array.from(new TextEncoder().encode(word), hex))
  const copy = merge => ({merge, words: state.map(pieces => [...pieces])})
  const found = [copy(null)]
  for (const pieces of state) {
    for (;;) {
      const known = pieces.slice(1).map((right, i) => ranks.get(`${pieces[i]} ${right}`) ?? Infinity)
      const rank = Math.min(...known)
      if (rank === Infinity) break
      const i = known.indexOf(rank)
      pieces.splice(i, 2, pieces[i] + pieces[i + 1])
      found.push(copy(rank))
    }
  }
  return found
}

// A piece as its text, spaces drawn; what is no text by itself as its bytes.
export const drawn = piece => {
  const bytes = Uint8Array.from(piece.match(/../g), pair => parseInt(pair, 16))
  try {
    return new TextDecoder("utf-8", {fatal: true}).decode(bytes).replaceAll(" ", "␣")
  } catch {
    return piece.toUpperCase().match(/../g).join(" ")
  }
}

const build = root => {
  const {merges} = JSON.parse(root.querySelector("script").textContent)
  const input = element("input", {
    name: "text", value: " slower", maxLength: 40, autocomplete: "off", spellcheck: false})
  const form = element("form", {className: "widget__form"}, element(
    "label", {className: "widget__field"}, "A word, with its space before it, or a few", input))
  form.setAttribute("aria-label", "Merge stepper")
  const verdict = element("output", {className: "widget__result", name: "verdict"})
  verdict.setAttribute("aria-live", "polite")
  const pieces = element("p", {className: "widget__pieces"})
  let found = []
  let at = 0
  const last = () => found.length - 1
  // An end of the road stays focusable: a disabled button would lose the keyboard's place.
  const moves = [["Bytes", () => 0], ["Back", () => at - 1], ["Merge", () => at + 1], ["Tokens", last]]
  const buttons = moves.map(([textContent, move]) => {
    const made = element("button", {type: "button", className: "wb-button wb-button--quiet", textContent})
    made.addEventListener("click", () => {
      at = Math.min(Math.max(move(), 0), last())
      show()
    })
    return made
  })

  const show = () => {
    const {merge, words: state} = found[at]
    const count = state.flat().length
    const joins = merge === null ? "Single bytes"
      : `Merge ${merge + 1} of ${merges.length}, ${merges[merge].map(drawn).join(" + ")}`
    verdict.textContent = `Step ${at} of ${last()}. ${joins}: ${count} ${count === 1 ? "piece" : "pieces"}.`
    pieces.replaceChildren(...state.flatMap((word, i) => [
      ...(i ? ["|"] : []), ...word.map(piece => element("code", {textContent: drawn(piece)}))]))
    buttons.forEach((made, i) => {
      const off = i < 2 ? at === 0 : at === last()
      made.setAttribute("aria-disabled", off)
      made.style.opacity = off ? 0.5 : 1
    })
  }
  const start = () => { found = steps(input.value, merges); at = 0; show() }
  input.addEventListener("input", start)
  form.addEventListener("submit", event => {
    event.preventDefault()
    at = Math.min(at + 1, last())
    show()
  })
  root.append(form, verdict, pieces, element("p", {}, ...buttons.flatMap(made => [made, " "])))
  start()
  root.hidden = false
}

const root = globalThis.document?.getElementById("widget-bpe-merges")
if (root) build(root)
