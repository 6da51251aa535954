// Regions that scroll sideways can be reached and scrolled from the keyboard, and only those.
const label = (region, scrolls) => {
  if (scrolls) {
    region.tabIndex = 0
    region.setAttribute("role", "region")
    region.setAttribute("aria-label", region.dataset.label)
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) region.removeAttribute(name)
  }
}
// All are measured before one is changed: else each would cost a layout of the whole page.
const sizes = new ResizeObserver(entries => {
  const scrolls = entries.map(({ target }) => target.scrollWidth > target.clientWidth)
  entries.forEach(({ target }, index) => label(target, scrolls[index]))
})
document.querySelectorAll(".wb-scroll").forEach(region => sizes.observe(region))

// The theme puts its copy button into a <nav>: a page would have one unnamed landmark a block.
const quiet = () =>
  document.querySelectorAll("nav.md-code__nav:not([role])").forEach(nav => nav.setAttribute("role", "presentation"))
new MutationObserver(quiet).observe(document.querySelector("article"), { childList: true, subtree: true })
quiet()
