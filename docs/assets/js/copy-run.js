// The copy button of a block that continues copies all the running blocks up to it, and first what to install for
// them: what you paste runs.
const blocks = Array.from(document.querySelectorAll("[data-run]"))
const sources = blocks.map(block => block.querySelector("pre code").textContent.trimEnd())

blocks.forEach((block, index) => {
  if (index === 0) return
  const label = document.createElement("small")
  label.className = "wb-copy-run"
  label.textContent = index === 1
    ? "Copying takes the block above along"
    : `Copying takes the ${index} running blocks above along`
  block.append(label)
})

// The theme makes its buttons late, and reads this attribute when one is pressed.
document.addEventListener("click", event => {
  const button = event.target.closest?.("[data-clipboard-target], [data-clipboard-text]")
  const index = button ? blocks.indexOf(button.closest("[data-run]")) : -1
  if (index < 0) return
  const needs = blocks[index].dataset.needs
  const first = needs ? [`# needs: ${needs}`] : []
  button.setAttribute("data-clipboard-text", [...first, ...sources.slice(0, index + 1)].join("\n\n") + "\n")
}, {capture: true})
