"""The course on TensorFlow and Keras: models, training, saving and several machines."""
