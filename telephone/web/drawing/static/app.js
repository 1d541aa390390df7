// The page: what is chosen, what was drawn, and how it all hangs together.
import { Board } from "./board.js";
import { run } from "./clock.js";
import { Cross } from "./cross.js";
import { Ending } from "./ending.js";
import { add, clear, EMPTY, isBlank, redo, undo } from "./history.js";
import { Panel } from "./panel.js";
import { Paper } from "./paper.js";
import { Pointers } from "./pointers.js";
import { listen } from "./shortcuts.js";
import { Store } from "./store.js";

const CLOSER = 1.25;
const BUTTONS = ["undo", "redo", "clear", "closer", "farther", "whole", "keys"]; // each named as what it does
const SHOWN = 6000; // milliseconds
const find = (id) => document.getElementById(id);
const { left, name } = document.body.dataset;

const paper = new Paper(find("paper"));
const panel = new Panel(document);
const store = new Store(name);
let history = EMPTY;
let pending = false;
let kept = true;

let silence;

/** Tells something in passing: seen for some seconds, and read aloud. */
function says(words) {
  find("status").textContent = words;
  clearTimeout(silence);
  silence = setTimeout(() => (find("status").textContent = ""), SHOWN);
}

function show() {
  paper.show(history.done);
  find("undo").disabled = !history.done.length;
  find("redo").disabled = !history.undone.length;
  find("clear").disabled = isBlank(history);
}

async function keep() {
  const saved = await store.save({ ...history, pending });
  if (!saved && kept) says("This browser keeps nothing here: leave this page open until you have handed in.");
  kept = saved;
}

function change(next, words) {
  if (ending.ended || next === history) return;
  history = next;
  show();
  says(words ?? "");
  keep();
}

const places = { stage: find("stage"), sheet: find("sheet"), draft: find("draft") };
const board = new Board(places, (mark) => change(add(history, mark)));
const chosen = () => panel.chosen();
const ending = new Ending(find, {
  says,
  png: () => paper.png(),
  isBlank: () => isBlank(history),
  forget: () => store.forget(),
  pending: (is) => {
    pending = is;
    return keep();
  },
});

const actions = {
  tool: (tool) => panel.take("tool", tool),
  size: (by) => panel.takeSizeBeside(by),
  colour: (at) => panel.takeColour(at),
  own: () => panel.askOwn(),
  undo: () => change(undo(history), "Undone"),
  redo: () => change(redo(history), "Done again"),
  clear: () => change(clear(history), "Cleared; undo brings it back"),
  closer: () => board.zoom(CLOSER),
  farther: () => board.zoom(1 / CLOSER),
  whole: () => board.showWhole(),
  keys: () => find("shortcuts").showModal(),
  handIn: () => ending.ask(),
};

async function start() {
  kept = await store.open();
  const found = await store.load();
  if (found) {
    history = { done: found.done, undone: found.undone };
    if (!isBlank(history)) says("Your drawing is as you left it.");
  }
  show();
  new Pointers(find("stage"), board, chosen);
  new Cross(find("stage"), find("cross"), board, chosen, says);
  listen(document, actions);
  for (const id of BUTTONS) find(id).addEventListener("click", () => actions[id]());
  find("hand-in").addEventListener("click", actions.handIn);
  find("shortcuts-close").addEventListener("click", () => find("shortcuts").close());
  addEventListener("offline", () => says("You are offline; what you draw is kept in this browser."));
  addEventListener("online", () => says("You are online again."));
  run(find("clock"), Number(left), says, () => ending.timeIsOver());
  if (found?.pending) ending.send();
}

start();
