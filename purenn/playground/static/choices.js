// What the user can choose, made from what the session offers: nothing in this file names an optimizer or a data set.

import { element, enable, shape } from "./dom.js";
import { choiceField, dialField, numberField, switchField } from "./form.js";

/**
 * @typedef {import("./protocol.js").Send} Send
 * @typedef {import("./protocol.js").Part} Part
 * @typedef {import("./protocol.js").Settings} Settings
 * @typedef {import("./protocol.js").OptionsFrame} OptionsFrame
 * @typedef {import("./protocol.js").OptimizerSettings} OptimizerSettings
 * @typedef {import("./protocol.js").ScheduleSettings} ScheduleSettings
 */

const MOST_DRAWN = 500; // points, by the slider: more can be typed
const MOST_READ = 1_000_000; // bytes of a file: more than the session takes, which says so

/**
 * The data: their kind, noise and number, and how many of them are to test on.
 *
 * @param {HTMLElement} home
 * @param {Send} send
 * @returns {Part}
 */
export function dataChoices(home, send) {
  const set = (/** @type {object} */ data) => send({ do: "set", settings: { data } });
  const kinds = element("fieldset", { class: "kinds" }, element("legend", { class: "visually-hidden" }, "Kind of data"));
  const noise = dialField("Noise", { low: 0, high: 0.5, step: 0.01 }, (value) => set({ noise: value }));
  const samples = dialField("Points", { low: 8, high: MOST_DRAWN, step: 4 }, (value) => set({ samples: value }));
  const test = dialField("Share to test on", { low: 0, high: 0.9, step: 0.05 }, (value) => set({ test: value }));
  let seed = 1;
  const again = element("button", { class: "button", onclick: () => set({ seed: seed + 1 }) }, "Draw other points");
  const note = element("p", { class: "note" });
  const computed = element("fieldset", { class: "computed" }, element("legend", { class: "visually-hidden" }, "Points"));
  computed.append(noise.node, samples.node, test.node, again);
  home.append(kinds, computed, note, table(send));
  /** @type {Map<string, HTMLInputElement>} */
  const radios = new Map();

  return {
    options(frame) {
      radios.clear();
      const labels = frame.data.map((kind) => {
        const radio = element("input", { type: "radio", name: "kind", value: kind.name });
        radio.addEventListener("change", () => set({ name: kind.name }));
        radios.set(kind.name, radio);
        return element("label", {}, radio, thumbnail(kind.points, kind.features, kind.classes), kind.name);
      });
      kinds.replaceChildren(kinds.firstElementChild ?? "", ...labels);
    },
    settings({ data }) {
      seed = data.seed;
      for (const [name, radio] of radios) radio.checked = name === data.name;
      noise.set(data.noise);
      samples.set(data.samples);
      test.set(data.test);
      computed.disabled = data.name === "own"; // they say how points are computed
      if (!computed.disabled) note.textContent = "";
    },
    data(frame) {
      if (frame.note) note.textContent = frame.note;
    },
  };
}

/**
 * Draw some points of a kind of data, as small as an icon.
 *
 * @param {[number, number, number][]} points
 * @param {number} features
 * @param {number} classes
 */
function thumbnail(points, features, classes) {
  const places = points.map(([x1, x2, target]) => [x1, features > 1 ? x2 : target]);
  const range = [0, 1].map((axis) => {
    const along = places.map((place) => place[axis]);
    const [low, high] = [Math.min(...along), Math.max(...along)];
    return { low, span: high - low || 1 };
  });
  const dots = places.map(([x, y], i) => {
    const [cx, cy] = [4 + (32 * (x - range[0].low)) / range[0].span, 36 - (32 * (y - range[1].low)) / range[1].span];
    return shape("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: 2, class: `c${classes ? points[i][2] : 0}` });
  });
  return shape("svg", { viewBox: "0 0 40 40", "aria-hidden": "true" }, ...dots);
}

/**
 * A table of the user's own, pasted or from a file.
 *
 * @param {Send} send
 */
function table(send) {
  const text = element("textarea", { rows: 5, spellcheck: "false", placeholder: "x1,x2,kind\n0.1,0.9,a\n0.8,0.2,b" });
  const target = element("input", { type: "text", placeholder: "the last column", autocomplete: "off" });
  const file = element("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv,text/plain" });
  file.addEventListener("change", async () => {
    text.value = (await file.files?.[0]?.slice(0, MOST_READ).text()) ?? "";
    file.value = ""; // so that the same file can be chosen again
  });
  const use = () => send({ do: "csv", text: text.value, target: target.value.trim() || null });
  return element(
    "details",
    { class: "own" },
    element("summary", {}, "Your own table"),
    element("label", {}, "Rows of CSV, names of columns first", text),
    element("label", {}, "Or a file", file),
    element("label", {}, "Column to predict", target),
    element("button", { class: "button", onclick: use }, "Learn this table"),
  );
}

/**
 * How the network learns.
 *
 * @param {HTMLElement} home
 * @param {Send} send
 * @returns {Part}
 */
export function trainingChoices(home, send) {
  const set = (/** @type {object} */ settings) => send({ do: "set", settings });
  const own = updateChoices((changed) => set(changed));
  const batch = dialField("Batch size", { low: 1, high: 64 }, (value) => set({ batch_size: value }));
  const loss = choiceField("Loss", (name) => set({ loss: name }));
  const l1 = dialField("L1 penalty", { low: 1e-5, high: 1, log: true }, (value) => set({ l1: value }));
  const l2 = dialField("L2 penalty", { low: 1e-5, high: 1, log: true }, (value) => set({ l2: value }));
  const initializer = choiceField("First weights", (name) => set({ initializer: name }));
  const seed = numberField("Seed", (value) => set({ seed: value }));
  const stop = numberField("Stop at a loss of", (value) => set({ stop_at: value }));
  const compare = switchField("Compare with another optimizer", (on) => set({ rival: on ? another() : null }));
  const rival = updateChoices((changed) => set({ rival: changed }));
  rival.node.classList.add("rival");
  const more = element("details", {}, element("summary", {}, "Penalties, first weights, when to stop"));
  more.append(l1.node, l2.node, initializer.node, seed.node, stop.node);
  home.append(own.node, batch.node, loss.node, compare.node, rival.node, more);
  /** @type {OptionsFrame | null} */
  let offered = null;
  let task = "classification";
  let chosen = "";

  /** Return a rival with another optimizer: with the same one, there would be nothing to compare. */
  function another() {
    return { optimizer: { name: offered?.optimizers.map(({ name }) => name).filter((name) => name !== chosen).at(-1) } };
  }

  return {
    options(frame) {
      offered = frame;
      own.offer(frame);
      rival.offer(frame);
      initializer.offer(frame.initializers);
      loss.offer(frame.losses[task]);
    },
    data(frame) {
      task = frame.task;
      if (offered) loss.offer(offered.losses[task]);
    },
    settings(frame) {
      const kind = offered?.data.find(({ name }) => name === frame.data.name);
      if (offered && kind) loss.offer(offered.losses[kind.task]);
      chosen = frame.optimizer.name;
      own.set(frame.optimizer, frame.schedule);
      batch.set(frame.batch_size);
      loss.set(frame.loss);
      l1.set(frame.l1);
      l2.set(frame.l2);
      initializer.set(frame.initializer);
      seed.set(frame.seed);
      stop.set(frame.stop_at);
      compare.set(frame.rival !== null);
      rival.node.hidden = frame.rival === null;
      if (frame.rival) rival.set(frame.rival.optimizer, frame.rival.schedule);
    },
  };
}

/**
 * An optimizer with its rate, its options and a schedule: how weights are updated.
 *
 * @param {(changed: { optimizer?: object, schedule?: object }) => void} change
 */
function updateChoices(change) {
  const name = choiceField("Optimizer", (chosen) => change({ optimizer: { name: chosen } }));
  const rate = dialField("Learning rate", { low: 1e-4, high: 10, log: true }, (value) =>
    change({ optimizer: { learning_rate: value } }),
  );
  const options = element("div", { class: "options" });
  const details = element("details", {}, element("summary", {}, "Options of the optimizer"), options);
  const schedule = choiceField("Schedule of the rate", (chosen) => change({ schedule: { name: chosen } }));
  const epochs = numberField("Made for epochs", (value) => change({ schedule: { epochs: value } }));
  const node = element("div", { class: "update" }, name.node, rate.node, schedule.node, epochs.node, details);
  /** @type {OptionsFrame | null} */
  let offered = null;
  let shownFor = "";
  /** @type {Map<string, (value: number | boolean) => void>} */
  const setters = new Map();
  /** @type {Record<string, number | boolean>} */
  let chosen = {};

  /** Make a field for each option of the optimizer. */
  function makeOptions(/** @type {string} */ optimizer) {
    shownFor = optimizer;
    setters.clear();
    const usual = offered?.optimizers.find((each) => each.name === optimizer)?.options ?? {};
    const fields = Object.entries(usual).map(([option, value]) => {
      const label = option.replaceAll("_", " ");
      const choose = (/** @type {unknown} */ v) => change({ optimizer: { options: { ...chosen, [option]: v } } });
      const field = typeof value === "boolean" ? switchField(label, choose) : numberField(label, choose);
      setters.set(option, (v) => /** @type {import("./form.js").Field<unknown>} */ (field).set(v));
      return field.node;
    });
    options.replaceChildren(...fields);
  }

  return {
    node,
    /** @param {OptionsFrame} frame */
    offer(frame) {
      offered = frame;
      name.offer(frame.optimizers.map((optimizer) => optimizer.name));
      schedule.offer(frame.schedules);
    },
    /**
     * @param {OptimizerSettings} optimizer
     * @param {ScheduleSettings} plan
     */
    set(optimizer, plan) {
      chosen = optimizer.options;
      if (optimizer.name !== shownFor) makeOptions(optimizer.name);
      const usual = offered?.optimizers.find((each) => each.name === optimizer.name)?.options ?? {};
      for (const [option, show] of setters) show(chosen[option] ?? usual[option]);
      name.set(optimizer.name);
      rate.set(optimizer.learning_rate);
      schedule.set(plan.name);
      epochs.set(plan.epochs);
      epochs.node.hidden = plan.name === "constant";
    },
  };
}

/**
 * The inputs and the layers of the network.
 *
 * @param {HTMLElement} home
 * @param {Send} send
 * @returns {Part}
 */
export function layerChoices(home, send) {
  const features = element("fieldset", { class: "chips" }, element("legend", {}, "Inputs"));
  const cards = element("div", { class: "cards" });
  const add = element("button", { class: "button" }, "Add a layer");
  home.append(features, cards, add);
  /** @type {OptionsFrame | null} */
  let offered = null;
  /** @type {Settings | null} */
  let settings = null;
  /** @type {Map<string, import("./form.js").Field<boolean>>} */
  const boxes = new Map();
  /** @type {{ node: HTMLElement, set: (layer: import("./protocol.js").LayerSettings) => void }[]} */
  const shownCards = [];

  const change = (/** @type {object} */ changed) => send({ do: "set", settings: changed });
  add.addEventListener("click", () => {
    const last = settings?.layers.at(-1);
    if (settings) change({ layers: [...settings.layers, { units: 4, activation: last?.activation ?? "tanh" }] });
  });

  /** Show the inputs that the data have: those of a second coordinate only if there is one. */
  function showFeatures(/** @type {boolean} */ hasSecond) {
    for (const name of offered?.features ?? []) {
      const box = boxes.get(name) ?? makeBox(name);
      box.node.hidden = !hasSecond && name.includes("x2");
      box.set(settings?.features.includes(name) ?? false);
    }
  }

  function makeBox(/** @type {string} */ name) {
    const box = switchField(pretty(name), (on) => {
      const chosen = settings?.features ?? [];
      change({ features: on ? [...chosen, name] : chosen.filter((other) => other !== name) });
    });
    boxes.set(name, box);
    features.append(box.node);
    return box;
  }

  /** Show a card for each layer. Those that are there already stay, and the focus in them. */
  function showLayers() {
    if (!settings || !offered) return;
    const { layers } = settings;
    const isInside = cards.contains(document.activeElement);
    while (shownCards.length > layers.length) shownCards.pop()?.node.remove();
    while (shownCards.length < layers.length) {
      const card = layerCard(shownCards.length);
      shownCards.push(card);
      cards.append(card.node);
    }
    for (const [i, card] of shownCards.entries()) card.set(layers[i]);
    enable(add, layers.length < offered.limits.layers, cards.querySelector("button"));
    add.title = add.disabled ? `${offered.limits.layers} hidden layers are the most here` : "";
    if (isInside && !cards.contains(document.activeElement)) add.focus();
  }

  function layerCard(/** @type {number} */ i) {
    const set = (/** @type {object} */ changed) => {
      const layers = settings?.layers ?? [];
      change({ layers: layers.map((layer, j) => (j === i ? { ...layer, ...changed } : layer)) });
    };
    const title = `Hidden layer ${i + 1}`;
    const units = counter(`Neurons of hidden layer ${i + 1}`, offered?.limits.units ?? 1, (value) => set({ units: value }));
    const activation = choiceField("Activation", (name) => set({ activation: name }));
    const normalization = choiceField("Normalization", (name) => set({ normalization: name }));
    const dropout = dialField("Dropout", { low: 0, high: 0.9, step: 0.05 }, (value) => set({ dropout: value }));
    activation.offer(offered?.activations ?? []);
    normalization.offer(offered?.normalizations ?? []);
    const remove = () => change({ layers: (settings?.layers ?? []).filter((_, j) => j !== i) });
    const removing = element("button", { class: "quiet", "aria-label": `Remove hidden layer ${i + 1}`, onclick: remove });
    removing.append("✕");
    const more = element("details", {}, element("summary", {}, "More"), normalization.node, dropout.node);
    const head = element("div", { class: "row" }, element("h3", {}, title), removing);
    return {
      node: element("div", { class: "card", role: "group", "aria-label": title }, head, units.node, activation.node, more),
      set(/** @type {import("./protocol.js").LayerSettings} */ layer) {
        units.set(layer.units);
        activation.set(layer.activation);
        normalization.set(layer.normalization);
        dropout.set(layer.dropout);
      },
    };
  }

  return {
    options(frame) {
      offered = frame;
    },
    settings(frame) {
      settings = frame;
      const own = frame.data.name === "own" ? frame.data.inputs?.length : undefined;
      const kind = offered?.data.find(({ name }) => name === frame.data.name);
      showFeatures((own ?? kind?.features ?? 2) > 1);
      showLayers();
    },
  };
}

/**
 * Write the name of an input as a formula: x1^2 is x₁².
 *
 * @param {string} name
 */
export function pretty(name) {
  return name.replaceAll("x1", "x₁").replaceAll("x2", "x₂").replace("^2", "²").replace("*", "·");
}

/**
 * A small number between a minus and a plus.
 *
 * @param {string} label
 * @param {number} most
 * @param {(value: number) => void} choose
 */
function counter(label, most, choose) {
  const output = element("output", { class: "value" });
  const fewer = element("button", { class: "quiet", "aria-label": `${label}: one fewer` }, "−");
  const more = element("button", { class: "quiet", "aria-label": `${label}: one more` }, "+");
  let now = 1;
  fewer.addEventListener("click", () => choose(now - 1));
  more.addEventListener("click", () => choose(now + 1));
  return {
    node: element("div", { class: "counter", role: "group", "aria-label": label }, fewer, output, more, "neurons"),
    set(/** @type {number} */ value) {
      now = value;
      output.textContent = String(value);
      enable(fewer, value > 1, more);
      enable(more, value < most, fewer);
    },
  };
}
