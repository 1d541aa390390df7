// On a page that says why nothing can be handed in any more: what this browser kept of the drawing is given back.
import { isBlank } from "./history.js";
import { Paper } from "./paper.js";
import { Store } from "./store.js";

const find = (id) => document.getElementById(id);
const store = new Store(document.body.dataset.name);
await store.open();
const found = await store.load();
if (found && !isBlank(found)) {
  const paper = new Paper(find("paper"));
  paper.show(found.done);
  find("save").href = URL.createObjectURL(await paper.png());
  find("kept").hidden = false;
}
