// Which key does what, anywhere on the page but in a dialog.

/** The name of what a key asks for, and its argument; null for a key that is not ours. Capitals are letters too. */
export function wanted({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  if (altKey) return null;
  const letter = key.length === 1 ? key.toLowerCase() : key;
  if (ctrlKey || metaKey) return letter === "z" && shiftKey ? ["redo"] : (HELD[letter] ?? null);
  if (letter >= "1" && letter <= "9") return ["colour", Number(letter) - 1];
  return ALONE[letter] ?? null;
}

const HELD = { z: ["undo"], y: ["redo"], Enter: ["handIn"] };
const ALONE = {
  p: ["tool", "pen"],
  e: ["tool", "eraser"],
  f: ["tool", "fill"],
  l: ["tool", "line"],
  r: ["tool", "rectangle"],
  o: ["tool", "ellipse"],
  h: ["tool", "hand"],
  "[": ["size", -1],
  "]": ["size", 1],
  c: ["own"],
  Delete: ["clear"],
  "+": ["closer"],
  "=": ["closer"],
  "-": ["farther"],
  "−": ["farther"],
  0: ["whole"],
  "?": ["keys"],
};

/** Listens to the page and calls `actions[name](argument)`. */
export function listen(page, actions) {
  page.addEventListener("keydown", (event) => {
    if (page.querySelector("dialog[open]")) return;
    const found = wanted(event);
    if (!found) return;
    event.preventDefault();
    actions[found[0]](found[1]);
  });
}
