// The keyboard: / search, j and k rows, Enter open, n and p next and before, g then a place, ? the list of keys.
const PLACES = { o: "/", i: "/inbox", r: "/runs", f: "/findings", c: "/cases", v: "/review" };
const help = document.getElementById("keys");
let waiting = false;
let timer = 0;

document.getElementById("keys-hint")?.removeAttribute("hidden");

// A picture of few pixels shows them as squares; a thumbnail of one does so by itself.
const square = (image) => {
  if (image.naturalWidth && Math.max(image.naturalWidth, image.naturalHeight) <= 64) image.classList.add("pixels");
};
for (const image of document.images) image.complete ? square(image) : image.addEventListener("load", () => square(image));

const rows = () =>
  [...document.querySelectorAll("tbody tr[data-href], .wall a.tile, .snippets li")].filter((row) => row.checkVisibility());
const here = () => rows().findIndex((row) => row.classList.contains("here"));

function move(step) {
  const all = rows();
  if (!all.length) return;
  const before = here();
  const after = before < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(before + step, 0), all.length - 1);
  all[before]?.classList.remove("here");
  all[after].classList.add("here");
  const target = all[after].matches("a") ? all[after] : all[after].querySelector("a");
  target?.focus({ preventScroll: true });
  all[after].scrollIntoView({ block: "nearest" });
}

function typing(element) {
  return element instanceof HTMLElement && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (help?.open) return; // the dialog closes itself with Escape
  if (waiting && PLACES[event.key]) {
    event.preventDefault();
    location.href = PLACES[event.key];
    return;
  }
  waiting = false;
  clearTimeout(timer);
  switch (event.key) {
    case "/": {
      event.preventDefault();
      const field = document.getElementById("q") ?? document.getElementById("search");
      field?.focus();
      field?.select();
      break;
    }
    case "j":
      move(1);
      break;
    case "k":
      move(-1);
      break;
    case "n":
      document.querySelector("a[rel=next]")?.click();
      break;
    case "p":
      document.querySelector("a[rel=prev]")?.click();
      break;
    case "g":
      waiting = true;
      timer = setTimeout(() => (waiting = false), 1500);
      break;
    case "?":
      help?.showModal();
      break;
    case "Enter": {
      const row = rows()[here()];
      // a focused link opens itself
      if (row && !(document.activeElement instanceof HTMLAnchorElement)) location.href = row.dataset.href ?? row.href;
      break;
    }
  }
});
