"""Training: a recipe, a network and data in, a run out. This room knows no command line.

Where to read, in the order of a training: `train` is the verb; `options`, `recipe`, `presets` and `request`
say what is asked for; `setup` opens the data and builds the network; `number_format` and `algorithm_choice`
decide how it computes, `plan` and `length` how long; `step` is one training step with all that it changes,
`loop` goes round it; `concluding` scores the best weights and writes the record.
"""
