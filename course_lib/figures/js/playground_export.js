// @ts-check
// The shown network as Python code that anyone can run: data, first weights and batch order are in it.

import { FEATURES } from "./playground_data.js";

export const ENGINES = { course_lib: "course_lib (NumPy)", tensorflow: "raw TensorFlow", keras: "Keras" };

/** Write a program that trains the trainer's network from its start and prints its loss after each epoch. */
export function exportCode(trainer, engine, epochs = 100) {
  const { settings, sizes, activations, loss, trainCount, points, start, network } = trainer;
  const features = settings.features.map((name) => FEATURES[name].code).join(", ");
  const matrices = network.layers.map(({ inputs, units, weights, biases }) => {
    const columns = Array.from({ length: inputs }, (_, i) =>
      Array.from({ length: units }, (_, j) => start[weights + j * inputs + i]),
    );
    return `    (${pythonList(columns)}, ${pythonList([...start.slice(biases, biases + units)])}),`;
  });
  const hasDropout = settings.dropout > 0 && settings.hidden.length > 0;
  const lossName = loss === "squared" ? "mean squared error" : "cross-entropy";
  const sharedStart = `"""A network of the course's playground, trained again with ${ENGINES[engine]}.

${sizes.join("-")} units, ${activations.join(", ")}; ${lossName}; ${settings.optimiser}.
Run it: it prints the training loss (without penalty) and the test loss after each epoch.
"""

${IMPORTS[engine]}

# x1, x2, target. The first ${trainCount} points are for training, the others for testing.
POINTS = np.array([
${points.map((point) => `    ${pythonList(point)},`).join("\n")}
]).reshape(-1, 3)
TRAIN = ${trainCount}

# For each layer its first weights, one row an input, and its first biases.
START = [
${matrices.join("\n")}
]
ACTIVATIONS = ${JSON.stringify(activations).replaceAll(",", ", ")}
LEARNING_RATE = ${pythonNumber(settings.learning_rate)}
BATCH_SIZE = ${settings.batch_size > 0 ? settings.batch_size : trainCount}
SEED = ${settings.seed}
EPOCHS = ${epochs}
PENALTY_RATE = ${pythonNumber(settings.penalty === "none" ? 0 : settings.penalty_rate)}

x1, x2, targets = POINTS[:, 0], POINTS[:, 1], POINTS[:, 2${loss === "cross_entropy" ? "] > 0" : "]"}
inputs = np.stack([${features}], axis=1)
targets = targets.astype(np.float64).reshape(-1, 1)


def chances(seed):
    """Numbers from 0 to 1, the same as in the playground: mulberry32."""
    state = seed % 2**32
    while True:
        state = (state + 0x6D2B79F5) % 2**32
        t = (state ^ state >> 15) * (state | 1) % 2**32
        t ^= (t + (t ^ t >> 7) * (t | 61)) % 2**32
        yield (t ^ t >> 14) / 2**32


def epoch_order(epoch):
    """Shuffle the training points as the playground does: the way of Fisher and Yates."""
    chance = chances(SEED * 1000003 + epoch)
    order = list(range(TRAIN))
    for i in range(TRAIN - 1, 0, -1):
        j = int(next(chance) * (i + 1))
        order[i], order[j] = order[j], order[i]
    return order


def learning_rate(epoch):
    return ${RATE_CODE[settings.schedule].replaceAll("PERIOD", String(settings.period))}

${hasDropout && engine !== "keras" ? dropoutCode(settings) : ""}${frozenCode(trainer)}`;
  return `${sharedStart}${ENGINE_CODE[engine](trainer, hasDropout)}`;
}

const dropoutCode = ({ dropout, hidden }) => `
DROPOUT = ${pythonNumber(dropout)}


def draw_masks(epoch):
    """For each batch and hidden layer: 0 for what is dropped; the other values grow, so that the mean stays."""
    chance = chances(SEED * 999983 + epoch + 500009)
    for begin in range(0, TRAIN, BATCH_SIZE):
        shapes = [(min(BATCH_SIZE, TRAIN - begin), units) for units in [${hidden.join(", ")}]]
        draws = [[[next(chance) for _ in range(units)] for _ in range(count)] for count, units in shapes]
        yield [(np.array(drawn) >= DROPOUT) / (1 - DROPOUT) for drawn in draws]

`;

/** What does not move: for each layer a matrix and a vector of 0 where a number is frozen, else 1. */
function frozenCode({ network, settings }) {
  if (settings.frozen.length === 0) return "";
  const moves = (k) => (settings.frozen.includes(k) ? 0 : 1);
  const lines = network.layers.map(({ inputs, units, weights, biases }) => {
    const rows = Array.from({ length: inputs }, (_, i) =>
      Array.from({ length: units }, (_, j) => moves(weights + j * inputs + i)),
    );
    const last = Array.from({ length: units }, (_, j) => moves(biases + j));
    return `    (${pythonList(rows)}, ${pythonList(last)}),`;
  });
  return `
# 0 for each weight and bias that is frozen, 1 for those that move.
MOVES = [np.array(part) for layer in [
${lines.join("\n")}
] for part in layer]

`;
}

function pythonNumber(value) {
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function pythonList(value) {
  return Array.isArray(value) ? `[${value.map(pythonList).join(", ")}]` : pythonNumber(value);
}

const RATE_CODE = {
  constant: "LEARNING_RATE",
  halving: "LEARNING_RATE * 0.5 ** (epoch // PERIOD)",
  inverse: "LEARNING_RATE / (1 + epoch / PERIOD)",
  cosine: "LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * epoch / PERIOD)) if epoch < PERIOD else 0.0",
};

const IMPORTS = {
  course_lib: `import numpy as np
from course_lib.cost import binary_cross_entropy, binary_cross_entropy_gradient
from course_lib.cost import mean_squared_error, mean_squared_error_gradient
from course_lib.descent import Adam, GradientDescent, Momentum
from course_lib.network import ACTIVATIONS as FUNCTIONS`,
  tensorflow: "import numpy as np\nimport tensorflow as tf",
  keras: `import keras
import numpy as np

keras.config.set_floatx("float64")`,
};

const PRINT_CODE =
  `    print(f"epoch {epoch + 1:3d}  training loss {history[-1][0]:.6f}  test loss ` + `{history[-1][1]:.6f}")`;

/** The words with which a program takes the masks of dropout, and hands them on: none without dropout. */
const maskWords = (hasDropout) => (hasDropout ? [", masks=()", ", masks"] : ["", ""]);

const batchLoop = (hasDropout) =>
  hasDropout
    ? "for begin, masks in zip(range(0, TRAIN, BATCH_SIZE), draw_masks(epoch)):"
    : "for begin in range(0, TRAIN, BATCH_SIZE):";

const ENGINE_CODE = {
  course_lib: ({ loss, settings, activations }, hasDropout) => {
    const [frozen, given, masks] = [settings.frozen.length > 0, ...maskWords(hasDropout)];
    // Two activations are the playground's own; what their slopes are, their values do not tell.
    const own = activations.some((kind) => kind === "sine" || kind === "step");
    const fromSums = own || hasDropout;
    const name = loss === "squared" ? "mean_squared_error" : "binary_cross_entropy";
    const optimiser = {
      sgd: "GradientDescent(1.0)",
      momentum: `Momentum(1.0, ${pythonNumber(settings.momentum)})`,
      adam: "Adam(1.0, epsilon=1e-12)",
    }[settings.optimiser];
    const penalty = {
      none: "",
      l1: "        slopes = slopes + PENALTY_RATE * np.sign(weights)\n",
      l2: "        slopes = slopes + PENALTY_RATE * 2 * weights\n",
    }[settings.penalty];
    const ownCode = `
OWN = {"sine": (np.sin, np.cos), "step": (lambda sums: np.where(sums > 0, 1.0, 0.0), np.zeros_like)}


def function_of(name, sums):
    return OWN[name][0](sums) if name in OWN else FUNCTIONS[name].function(sums)

`;
    const slopeCode = `
def slope_of(name, sums):
    ${own ? "if name in OWN:\n        return OWN[name][1](sums)\n    " : ""}values = FUNCTIONS[name].function(sums)
    return FUNCTIONS[name].slope(values)

`;
    const call = own ? "function_of(activation, sums)" : "FUNCTIONS[activation].function(sums)";
    const dropForward = "        if layer < len(masks):\n            values[-1] = values[-1] * masks[layer]\n";
    const dropBack = "        if layer < len(masks):\n            errors = errors * masks[layer]\n";
    return `${own ? ownCode : ""}${fromSums ? slopeCode : ""}
def forward(parameters, inputs${given}):
    """Return the inputs and what each layer makes of them."""
    values = [inputs]
    for layer, activation in enumerate(ACTIVATIONS):
        sums = values[-1] @ parameters[2 * layer] + parameters[2 * layer + 1]
        values.append(${call})
${hasDropout ? dropForward : ""}    return values


def gradients(parameters, inputs, targets${masks}):
    """Backpropagation: from the last layer to the first."""
    values = forward(parameters, inputs${masks})
    errors = ${name}_gradient(values[-1], targets)
    found = []
    for layer in reversed(range(len(ACTIVATIONS))):
        weights = parameters[2 * layer]
${hasDropout ? dropBack : ""}${
  fromSums
    ? "        sums = values[layer] @ weights + parameters[2 * layer + 1]\n" +
      "        errors = errors * slope_of(ACTIVATIONS[layer], sums)"
    : "        errors = errors * FUNCTIONS[ACTIVATIONS[layer]].slope(values[layer + 1])"
}
        slopes = values[layer].T @ errors
${penalty}        found = [slopes, errors.sum(axis=0), *found]
        errors = errors @ weights.T
    return ${frozen ? "[slopes * moves for slopes, moves in zip(found, MOVES)]" : "found"}


def losses(parameters):
    """The loss on the training and on the test points."""
    answers = forward(parameters, inputs)[-1]
    parts = (slice(TRAIN), slice(TRAIN, None))
    return [${name}(answers[part], targets[part]) if len(targets[part]) else np.nan for part in parts]


parameters = [np.array(part) for layer in START for part in layer]
optimiser = ${optimiser}
history = [losses(parameters)]
for epoch in range(EPOCHS):
    order = epoch_order(epoch)
    optimiser.learning_rate = learning_rate(epoch)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            ${batchLoop(hasDropout)}
                rows = order[begin : begin + BATCH_SIZE]
                slopes = gradients(parameters, inputs[rows], targets[rows]${masks})
                parameters = optimiser.step(parameters, slopes)
            history.append(losses(parameters))
    except ValueError:  # course_lib refuses to go on with numbers that are not finite
        print(f"epoch {epoch + 1:3d}: the numbers grew beyond all bounds. Try a tenth of the learning rate.")
        break
${PRINT_CODE}
`;
  },

  tensorflow: ({ loss, settings, activations }, hasDropout) => {
    const [given, masks] = maskWords(hasDropout);
    const lossCode =
      loss === "squared"
        ? "tf.reduce_mean(tf.square(answers - targets))"
        : "tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=answers))";
    const penalty = {
      none: "",
      l1: " + PENALTY_RATE * tf.add_n([tf.reduce_sum(tf.abs(weights)) for weights in parameters[::2]])",
      l2: " + PENALTY_RATE * tf.add_n([tf.reduce_sum(tf.square(weights)) for weights in parameters[::2]])",
    }[settings.penalty];
    const step = {
      sgd: "        parameter.assign_sub(rate * slope)",
      momentum: `        velocity.assign(${pythonNumber(settings.momentum)} * velocity - rate * slope)
        parameter.assign_add(velocity)`,
      adam: `        velocity.assign(0.9 * velocity + 0.1 * slope)
        size.assign(0.999 * size + 0.001 * tf.square(slope))
        mean, spread = velocity / (1 - 0.9**count), size / (1 - 0.999**count)
        parameter.assign_sub(rate * mean / (tf.sqrt(spread) + 1e-12))`,
    }[settings.optimiser];
    const held = "    slopes = [slope * moves for slope, moves in zip(slopes, MOVES)]\n";
    const frozen = settings.frozen.length > 0 ? held : "";
    const tables = { linear: "tf.identity", relu: "tf.nn.relu", tanh: "tf.tanh", sigmoid: "tf.sigmoid" };
    const all = { ...tables, sine: "tf.sin", step: "lambda sums: tf.cast(sums > 0, tf.float64) + 0 * sums" };
    return `
FUNCTIONS = {${[...new Set(activations)].map((kind) => `"${kind}": ${all[kind]}`).join(", ")}}
inputs, targets = tf.constant(inputs), tf.constant(targets)
parameters = [tf.Variable(np.array(part)) for layer in START for part in layer]
velocities = [tf.Variable(tf.zeros_like(parameter)) for parameter in parameters]
sizes = [tf.Variable(tf.zeros_like(parameter)) for parameter in parameters]


def forward(inputs${given}):
    for layer, activation in enumerate(ACTIVATIONS):
        inputs = FUNCTIONS[activation](inputs @ parameters[2 * layer] + parameters[2 * layer + 1])
${hasDropout ? "        if layer < len(masks):\n            inputs = inputs * masks[layer]\n" : ""}    return inputs


def loss(answers, targets):
    return ${lossCode}


@tf.function(reduce_retracing=True)
def train_step(inputs, targets, rate, count${masks}):
    with tf.GradientTape() as tape:
        total = loss(forward(inputs${masks}), targets)${penalty}
    slopes = tape.gradient(total, parameters)
${frozen}    for parameter, slope, velocity, size in zip(parameters, slopes, velocities, sizes):
${step}


def losses():
    """The loss on the training and on the test points."""
    answers = forward(inputs)
    return [float(loss(answers[part], targets[part])) for part in (slice(TRAIN), slice(TRAIN, None))]


history = [losses()]
count = 0
for epoch in range(EPOCHS):
    order = epoch_order(epoch)
    rate = tf.constant(learning_rate(epoch), tf.float64)
    ${batchLoop(hasDropout)}
        rows = order[begin : begin + BATCH_SIZE]
        count += 1
        batch = tf.gather(inputs, rows), tf.gather(targets, rows)
        train_step(*batch, rate, tf.constant(count, tf.float64)${masks})
    history.append(losses())
${PRINT_CODE}
`;
  },

  keras: ({ loss, settings, activations }, hasDropout) => {
    const optimiser = {
      sgd: "keras.optimizers.SGD(LEARNING_RATE)",
      momentum: `keras.optimizers.SGD(LEARNING_RATE, momentum=np.float64(${pythonNumber(settings.momentum)}))`,
      adam: "keras.optimizers.Adam(LEARNING_RATE, beta_1=np.float64(0.9), beta_2=np.float64(0.999), epsilon=1e-12)",
    }[settings.optimiser];
    const regulariser = {
      none: "None",
      l1: "keras.regularizers.L1(PENALTY_RATE)",
      l2: "keras.regularizers.L2(PENALTY_RATE)",
    }[settings.penalty];
    const measure =
      loss === "squared" ? "keras.losses.MeanSquaredError()" : "keras.losses.BinaryCrossentropy(from_logits=True)";
    const own = { sine: "keras.ops.sin", step: 'lambda sums: keras.ops.cast(sums > 0, "float64") + 0 * sums' };
    const used = Object.keys(own).filter((kind) => activations.includes(kind));
    const table = used.map((kind) => `"${kind}": ${own[kind]}`).join(", ");
    const frozen = settings.frozen.length > 0;
    const holds = `
def hold(start, moves):
    """A constraint: what is frozen goes back to where it began."""
    return lambda numbers: keras.ops.where(moves > 0, numbers, start)

`;
    const kept = `,
        kernel_constraint=hold(weights, MOVES[2 * i]), bias_constraint=hold(biases, MOVES[2 * i + 1])`;
    const dropped = `
    if i < len(START) - 1:  # Keras draws chances of its own: the curve is alike, not the same
        model.add(keras.layers.Dropout(${pythonNumber(settings.dropout)}, seed=SEED + i))`;
    const activation = used.length > 0 ? "FUNCTIONS.get(activation, activation)" : "activation";
    return `${used.length > 0 ? `\nFUNCTIONS = {${table}}\n` : ""}${frozen ? holds : ""}
model = keras.Sequential([keras.Input((inputs.shape[1],))])
for i, ((weights, biases), activation) in enumerate(zip(START, ACTIVATIONS)):
    weights, biases = np.array(weights).reshape(-1, len(biases)), np.array(biases)
    layer = keras.layers.Dense(
        len(biases), ${activation}, kernel_regularizer=${regulariser}${frozen ? kept : ""}
    )
    model.add(layer)
    layer.set_weights([weights, biases])${hasDropout ? dropped : ""}
measure = ${measure}
${
  settings.optimiser === "sgd"
    ? ""
    : "# Keras rounds Python's numbers to float32 here; those of NumPy keep " + "all their digits.\n"
}model.compile(${optimiser}, measure)


def losses():
    """The loss on the training and on the test points."""
    answers = model(inputs)
    parts = (slice(TRAIN), slice(TRAIN, None))
    return [float(measure(targets[part], answers[part])) if len(targets[part]) else np.nan for part in parts]


history = [losses()]
for epoch in range(EPOCHS):
    order = epoch_order(epoch)
    model.optimizer.learning_rate = learning_rate(epoch)
    for begin in range(0, TRAIN, BATCH_SIZE):
        rows = order[begin : begin + BATCH_SIZE]
        model.train_on_batch(inputs[rows], targets[rows])
    history.append(losses())
${PRINT_CODE}
`;
  },
};
