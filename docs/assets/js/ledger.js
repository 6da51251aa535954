// The ledger's search and filters. Without this script the page is the full list.
const form = document.getElementById("ledger-form")
const list = document.getElementById("ledger")

if (form && list) {
  const plain = text => text.normalize("NFKD").toLowerCase().replace(/[\s\u200b]+/g, " ")
  const items = Array.from(list.children, element => ({element, text: plain(element.textContent)}))
  const status = document.getElementById("ledger-count")
  const names = ["words", "section", "verdict"]

  const show = () => {
    const {words, section, verdict} = Object.fromEntries(new FormData(form))
    const wanted = plain(words).split(" ").filter(Boolean)
    let count = 0
    for (const {element, text} of items) {
      const fits = (!section || element.dataset.section === section)
        && (!verdict || element.dataset.verdict === verdict)
        && wanted.every(word => text.includes(word))
      element.hidden = !fits
      count += fits
    }
    status.textContent = `${count} of ${items.length} claims`
  }

  // The address holds the filter, so a filtered ledger can be linked to.
  const remember = () => {
    const chosen = [...new FormData(form)].filter(([, value]) => value)
    const query = new URLSearchParams(chosen).toString()
    history.replaceState(null, "", (query ? `?${query}` : location.pathname) + location.hash)
  }

  const asked = new URLSearchParams(location.search)
  for (const name of names) {
    const control = form.elements[name]
    control.value = asked.get(name) ?? ""
    if (control.selectedIndex === -1) control.value = ""
  }
  form.addEventListener("submit", event => event.preventDefault())
  form.addEventListener("input", () => { show(); remember() })
  form.hidden = false
  show()
}
