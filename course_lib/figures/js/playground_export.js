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


def epoch_order(epoch):
    """Shuffle the training points as the playground does: mulberry32, then Fisher and Yates."""
    state = (SEED * 1000003 + epoch) % 2**32
    order = list(range(TRAIN))
    for i in range(TRAIN - 1, 0, -1):
        state = (state + 0x6D2B79F5) % 2**32
        t = (state ^ state >> 15) * (state | 1) % 2**32
        t ^= (t + (t ^ t >> 7) * (t | 61)) % 2**32
        j = (t ^ t >> 14) * (i + 1) >> 32
        order[i], order[j] = order[j], order[i]
    return order


def learning_rate(epoch):
    return ${RATE_CODE[settings.schedule].replaceAll("PERIOD", String(settings.period))}

`;
  return `${sharedStart}${ENGINE_CODE[engine](trainer)}`;
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

const ENGINE_CODE = {
  course_lib: ({ loss, settings }) => {
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
    return `
def forward(parameters, inputs):
    """Return the inputs and what each layer makes of them."""
    values = [inputs]
    for weights, biases, activation in zip(parameters[::2], parameters[1::2], ACTIVATIONS):
        values.append(FUNCTIONS[activation].function(values[-1] @ weights + biases))
    return values


def gradients(parameters, inputs, targets):
    """Backpropagation: from the last layer to the first."""
    values = forward(parameters, inputs)
    errors = ${name}_gradient(values[-1], targets)
    found = []
    for layer in reversed(range(len(ACTIVATIONS))):
        weights = parameters[2 * layer]
        errors = errors * FUNCTIONS[ACTIVATIONS[layer]].slope(values[layer + 1])
        slopes = values[layer].T @ errors
${penalty}        found = [slopes, errors.sum(axis=0), *found]
        errors = errors @ weights.T
    return found


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
            for begin in range(0, TRAIN, BATCH_SIZE):
                rows = order[begin : begin + BATCH_SIZE]
                parameters = optimiser.step(parameters, gradients(parameters, inputs[rows], targets[rows]))
            history.append(losses(parameters))
    except ValueError:  # course_lib refuses to go on with numbers that are not finite
        print(f"epoch {epoch + 1:3d}: the numbers grew beyond all bounds. Try a tenth of the learning rate.")
        break
${PRINT_CODE}
`;
  },

  tensorflow: ({ loss, settings }) => {
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
    return `
FUNCTIONS = {"linear": tf.identity, "relu": tf.nn.relu, "tanh": tf.tanh, "sigmoid": tf.sigmoid}
inputs, targets = tf.constant(inputs), tf.constant(targets)
parameters = [tf.Variable(np.array(part)) for layer in START for part in layer]
velocities = [tf.Variable(tf.zeros_like(parameter)) for parameter in parameters]
sizes = [tf.Variable(tf.zeros_like(parameter)) for parameter in parameters]


def forward(inputs):
    for weights, biases, activation in zip(parameters[::2], parameters[1::2], ACTIVATIONS):
        inputs = FUNCTIONS[activation](inputs @ weights + biases)
    return inputs


def loss(answers, targets):
    return ${lossCode}


@tf.function(reduce_retracing=True)
def train_step(inputs, targets, rate, count):
    with tf.GradientTape() as tape:
        total = loss(forward(inputs), targets)${penalty}
    slopes = tape.gradient(total, parameters)
    for parameter, slope, velocity, size in zip(parameters, slopes, velocities, sizes):
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
    for begin in range(0, TRAIN, BATCH_SIZE):
        rows = order[begin : begin + BATCH_SIZE]
        count += 1
        train_step(tf.gather(inputs, rows), tf.gather(targets, rows), rate, tf.constant(count, tf.float64))
    history.append(losses())
${PRINT_CODE}
`;
  },

  keras: ({ loss, settings }) => {
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
    return `
model = keras.Sequential([keras.Input((inputs.shape[1],))])
for (weights, biases), activation in zip(START, ACTIVATIONS):
    layer = keras.layers.Dense(len(biases), activation, kernel_regularizer=${regulariser})
    model.add(layer)
    layer.set_weights([np.array(weights).reshape(-1, len(biases)), np.array(biases)])
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
