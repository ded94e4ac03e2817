// The labelling screen by keyboard: 1–9 answer, f finds a term. The form works without this.
const form = document.getElementById("labelling");
const filter = document.getElementById("filter");
const terms = [...document.querySelectorAll("#terms li")];
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

document.getElementById("labelling-keys")?.removeAttribute("hidden");
filter?.parentElement.removeAttribute("hidden");

function narrow() {
  const asked = fold(filter.value).split(/\s+/).filter(Boolean);
  for (const term of terms) term.hidden = !asked.every((word) => fold(term.dataset.words).includes(word));
}

function take(choice) {
  if (!choice) return;
  choice.click();
  if (choice.type === "checkbox") choice.focus();
}

filter?.addEventListener("input", narrow);
filter?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  if (filter.value.trim()) take(terms.find((term) => !term.hidden)?.querySelector("button, input"));
});
// Without this, Enter in the note would press the first term.
document.getElementById("note")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    document.getElementById("save")?.click();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById("keys")?.open) return;
  const typing = event.target instanceof HTMLElement && event.target.matches("input:not([type=checkbox]), textarea, select");
  if (typing) return;
  if (/^[1-9]$/.test(event.key)) take(form?.querySelector(`[data-key="${event.key}"]`));
  else if (event.key === "f" && filter) {
    event.preventDefault();
    filter.focus();
    filter.select();
  } else if (event.key === "Enter" && event.target.type === "checkbox") document.getElementById("save")?.click();
});
