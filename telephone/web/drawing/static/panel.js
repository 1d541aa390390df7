// What is chosen: a tool, a size, a colour. All three are groups of radio buttons, so that keys and screen readers
// know their way around them.
import { PALETTE } from "./palette.js";
import { sizeBeside } from "./tools.js";

export class Panel {
  #colours;
  #custom;

  constructor(document) {
    this.#colours = document.getElementById("colours");
    this.#custom = document.querySelector("#custom input");
    const own = document.getElementById("custom");
    PALETTE.forEach(([name, colour], at) => this.#colours.insertBefore(swatch(document, name, colour, at), own));
    this.#custom.addEventListener("input", () => this.#takeOwn());
    this.#custom.addEventListener("click", () => this.#takeOwn());
    own.style.setProperty("--swatch", this.#custom.value);
  }

  /** {tool, size, colour} as they are now. */
  chosen() {
    const value = (name) => document.querySelector(`input[name="${name}"]:checked`)?.value;
    return { tool: value("tool"), size: Number(value("size")), colour: value("colour") ?? this.#custom.value };
  }

  take(group, value) {
    const input = document.querySelector(`input[name="${group}"][value="${value}"]`);
    if (input) input.checked = true;
  }

  takeColour(at) {
    const input = this.#colours.querySelectorAll('input[type="radio"]')[at];
    if (!input) return;
    input.checked = true;
    this.#showOwn(false);
  }

  takeSizeBeside(by) {
    this.take("size", sizeBeside(this.chosen().size, by));
  }

  askOwn() {
    this.#custom.click();
  }

  #takeOwn() {
    for (const input of this.#colours.querySelectorAll('input[type="radio"]')) input.checked = false;
    this.#showOwn(true);
    document.getElementById("custom").style.setProperty("--swatch", this.#custom.value);
  }

  #showOwn(is) {
    document.getElementById("custom").classList.toggle("taken", is);
  }
}

function swatch(document, name, colour, at) {
  const label = document.createElement("label");
  label.className = "choice swatch";
  label.title = at < 9 ? `${name} (${at + 1})` : name;
  label.style.setProperty("--swatch", colour);
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "colour", value: colour, checked: at === 0 });
  input.setAttribute("aria-label", name);
  if (at < 9) input.setAttribute("aria-keyshortcuts", String(at + 1));
  input.addEventListener("change", () => document.getElementById("custom").classList.remove("taken"));
  label.append(input);
  return label;
}
