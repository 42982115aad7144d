// @ts-check
// Settings worth seeing, each with the reason.

/** @type {Record<string, any>} */
export const DEFAULTS = {
  kind: "circle",
  noise: 0,
  train_share: 50,
  seed: 0,
  features: ["x1", "x2"],
  hidden: [4, 2],
  activations: ["tanh", "tanh"],
  loss: "squared",
  optimiser: "sgd",
  momentum: 0.9,
  learning_rate: 0.03,
  schedule: "constant",
  period: 100,
  penalty: "none",
  penalty_rate: 0.001,
  batch_size: 10,
  initialiser: "glorot",
  dropout: 0,
  frozen: [],
  stop_at: 0,
  stop_loss: 0,
  stop_accuracy: 0,
};

const SEVEN = ["x1", "x2", "x1_squared", "x2_squared", "product", "sin_x1", "sin_x2"];

/** @type {{ name: string, why: string, settings: Record<string, any> }[]} */
export const PRESETS = [
  {
    name: "Four lines make a ring",
    why: "No single unit can draw a ring. Watch four soft lines close around the middle.",
    settings: {},
  },
  {
    name: "One unit is enough",
    why: "Two clouds need one line: a network without a hidden layer is a perceptron with a soft step.",
    settings: { kind: "gauss", noise: 10, hidden: [], activations: [], loss: "cross_entropy" },
  },
  {
    name: "One unit is not enough",
    why:
      "Exclusive or defeats every single line. The loss rests near 1, what answering 0 everywhere would " +
      "cost, however long you wait.",
    settings: { kind: "xor", hidden: [], activations: [] },
  },
  {
    name: "The right feature instead of a network",
    why: "The same unit solves exclusive or if it may look at x₁x₂: choosing features does the work of a hidden layer.",
    settings: { kind: "xor", hidden: [], activations: [], features: ["x1", "x2", "product"] },
  },
  {
    name: "A hidden layer finds the feature",
    why: "Three tanh units find for themselves what x₁x₂ told the unit before.",
    settings: { kind: "xor", hidden: [3], activations: ["tanh"], optimiser: "momentum", learning_rate: 0.003 },
  },
  {
    name: "The spiral, with helpful features",
    why:
      "Seven features and two small layers wind along the spiral. Which features does it use? Look at " +
      "the thick lines.",
    settings: {
      kind: "spiral",
      features: SEVEN,
      hidden: [8, 8],
      activations: ["tanh", "tanh"],
      optimiser: "adam",
      learning_rate: 0.003,
      batch_size: 30,
    },
  },
  {
    name: "The spiral, from bare coordinates",
    why: "Depth replaces features: three layers of eight see only x₁ and x₂. It takes longer, then it gets there.",
    settings: {
      kind: "spiral",
      hidden: [8, 8, 8],
      activations: ["tanh", "tanh", "tanh"],
      optimiser: "adam",
      learning_rate: 0.01,
      batch_size: 30,
    },
  },
  {
    name: "Overfitting",
    why:
      "Few points, much noise, a large network: the training loss falls while the test loss rises. It " +
      "learns the noise by heart.",
    settings: {
      kind: "gauss",
      noise: 50,
      train_share: 10,
      hidden: [8, 8],
      activations: ["tanh", "tanh"],
      optimiser: "adam",
      learning_rate: 0.01,
      features: SEVEN,
    },
  },
  {
    name: "Overfitting, held back by a penalty",
    why:
      "The same, with a price on large weights: the two losses stay together. Compare the loss with and " +
      "without its penalty.",
    settings: {
      kind: "gauss",
      noise: 50,
      train_share: 10,
      hidden: [8, 8],
      activations: ["tanh", "tanh"],
      optimiser: "adam",
      learning_rate: 0.01,
      features: SEVEN,
      penalty: "l2",
      penalty_rate: 0.03,
    },
  },
  {
    name: "Overfitting, held back by dropout",
    why:
      "The same again, but each step silences four of ten hidden units at random, so that none relies on another. " +
      "The training loss ends higher, the test loss lower.",
    settings: {
      kind: "gauss",
      noise: 50,
      train_share: 10,
      hidden: [8, 8],
      activations: ["tanh", "tanh"],
      optimiser: "adam",
      learning_rate: 0.01,
      features: SEVEN,
      dropout: 0.4,
    },
  },
  {
    name: "A price on every weight",
    why: "The L1 penalty drives weights to zero: of seven features, it keeps those it needs.",
    settings: {
      kind: "circle",
      hidden: [4],
      activations: ["tanh"],
      features: SEVEN,
      penalty: "l1",
      penalty_rate: 0.003,
    },
  },
  {
    name: "Gradients that vanish",
    why: "Six layers of sigmoids: each passes on a quarter of the gradient at most. The first layers hardly move.",
    settings: { hidden: [4, 4, 4, 4, 4, 4], activations: Array(6).fill("sigmoid"), learning_rate: 0.1 },
  },
  {
    name: "The same depth with ReLU",
    why: "ReLU passes the gradient on undiminished where a unit is awake, so even the first of six layers learns.",
    settings: {
      hidden: [4, 4, 4, 4, 4, 4],
      activations: Array(6).fill("relu"),
      initialiser: "he",
      learning_rate: 0.03,
    },
  },
  {
    name: "A step stops the gradient",
    why:
      "A step is flat but for its jump: its slope is zero, so the layer before it never learns. That is why soft " +
      "steps took the place of hard ones: choose tanh instead, and it learns.",
    settings: { hidden: [4], activations: ["step"] },
  },
  {
    name: "Sines wind along the spiral",
    why:
      "Units that answer with the sine of their sum turn as the spiral does. Choose tanh for both layers, and it " +
      "takes longer.",
    settings: {
      kind: "spiral",
      hidden: [8, 8],
      activations: ["sine", "sine"],
      optimiser: "adam",
      learning_rate: 0.01,
      batch_size: 30,
    },
  },
  {
    name: "A first layer that chance drew",
    why:
      "The weights of the first layer are frozen as chance drew them; only the output learns. Eight bends in random " +
      "places are enough for a ring.",
    settings: {
      hidden: [8],
      activations: ["relu"],
      initialiser: "he",
      frozen: Array.from({ length: 24 }, (_, k) => k),
    },
  },
  {
    name: "All weights zero",
    why: "All units are equal, get equal gradients and stay equal. Chance at the start is what lets them differ.",
    settings: { initialiser: "zeros" },
  },
  {
    name: "Too fast: not-a-number",
    why:
      "Each step overshoots the valley and lands higher on the other side. After a few steps the numbers " +
      "no longer fit.",
    settings: { kind: "plane", hidden: [], activations: [], learning_rate: 0.3 },
  },
  {
    name: "Hills: numbers instead of classes",
    why: "The network learns a height for every place. Look at the hidden maps: each bends the plane once.",
    settings: {
      kind: "hills",
      hidden: [8, 8],
      activations: ["tanh", "tanh"],
      optimiser: "adam",
      learning_rate: 0.01,
      schedule: "cosine",
      period: 300,
    },
  },
  {
    name: "Slower towards the end",
    why:
      "A rate that is halved every 50 epochs: bold steps first, fine steps later. Compare the end of the " +
      "curve with a constant rate.",
    settings: {
      kind: "circle",
      noise: 20,
      hidden: [6, 4],
      activations: ["relu", "tanh"],
      learning_rate: 0.1,
      batch_size: 5,
      schedule: "halving",
      period: 50,
      loss: "cross_entropy",
    },
  },
];
