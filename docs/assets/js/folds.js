// "Show all code" opens the code that is folded under its results, here and on the pages read next.
const KEY = "whiteboard.v1.show-code"
const button = document.querySelector(".wb-all-code button")
const code = document.querySelectorAll("details.wb-fold--code")

const set = open => {
  code.forEach(fold => { fold.open = open })
  button.setAttribute("aria-expanded", String(open))
}

// A browser may keep nothing: then the choice holds for this page.
const remembered = () => {
  try { return localStorage.getItem(KEY) === "yes" } catch { return false }
}
const remember = open => {
  try { open ? localStorage.setItem(KEY, "yes") : localStorage.removeItem(KEY) } catch { /* as said */ }
}

if (button) {
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "false"
    set(open)
    remember(open)
  })
  if (remembered()) set(true)
  button.parentElement.hidden = false
}

// What is copied is the whole source: with the folded lines, without the line that unfolds them.
const source = block => {
  const whole = block.querySelector("code").cloneNode(true)
  whole.querySelectorAll("summary").forEach(summary => summary.remove())
  return whole.textContent.trimEnd()
}
document.addEventListener("click", event => {
  const copy = event.target.closest?.("[data-clipboard-target]")
  const block = copy?.closest(".highlight")
  if (block?.querySelector(".wb-fold--doc")) copy.setAttribute("data-clipboard-text", source(block))
}, {capture: true})
